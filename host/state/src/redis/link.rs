//! The one connection to Redis, and whether it works.
//!
//! It owns the time that an answer may take. It must not know what is asked. What was asked when it broke is
//! never asked again: nobody knows whether it happened.

use super::remedy::Remedy;
use super::url;
use crate::problem::Problem;
use crate::shared::OpenError;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, ProtocolVersion, PushInfo, PushKind,
    RedisError, ScriptInvocation, Value,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long Redis may take for an answer, or to be connected to. It takes a thousandth of that; a link that
/// hangs is given up then, and made anew. Test: `many_hosts::a_link_that_hangs_is_made_anew`.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The log says that Redis is away once in so long.
/// Test: `many_hosts::redis_that_goes_away_costs_no_connection`.
const WARN_EVERY: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct Link {
    client: Client,
    /// Where it is, without a password.
    pub(super) address: String,
    current: Mutex<Current>,
    /// Told when the connection breaks.
    pub(super) broken: Notify,
    warned: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Current {
    /// Counts the connections, so that what an old one says is told apart.
    number: u64,
    connection: Option<MultiplexedConnection>,
}

impl Link {
    /// To the Redis of this URL: `redis://` or `rediss://`, a user and a password, a host, a port and a database.
    pub(crate) fn new(url: &str) -> Result<Arc<Self>, OpenError> {
        // The first who asks decides, for the whole process; redis itself has none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let info = url::parse(url)?;
        let settings = info.redis_settings().clone();
        // Answers and what is published come over one connection.
        let settings = settings.set_protocol(ProtocolVersion::RESP3);
        let address = info.addr().to_string();
        let client = Client::open(info.set_redis_settings(settings))
            .map_err(|error| OpenError::Url(error.to_string()))?;
        Ok(Arc::new(Self {
            client,
            address,
            current: Mutex::default(),
            broken: Notify::new(),
            warned: Mutex::default(),
        }))
    }

    /// Connects. What is published comes to `heard`, in its order and in the connection's own task.
    pub(crate) async fn connect(
        self: &Arc<Self>,
        heard: impl Fn(&[u8], &[u8]) + Send + Sync + 'static,
    ) -> Result<(), OpenError> {
        let number = {
            let mut current = self.current.lock();
            current.connection = None;
            current.number += 1;
            current.number
        };
        let link = Arc::downgrade(self);
        let pushed = move |push: PushInfo| -> Result<(), redis::aio::SendError> {
            let link = link.upgrade().filter(|link| link.number() == number);
            // A connection that was given up has nothing to say any more.
            let Some(link) = link else {
                return Ok(());
            };
            match (push.kind, &*push.data) {
                (PushKind::Message, [Value::BulkString(channel), Value::BulkString(data)]) => {
                    heard(channel, data);
                }
                (PushKind::Disconnection, _) => link.breaks(number),
                _ => {}
            }
            Ok(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(pushed);
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        let connection = tokio::time::timeout(2 * PATIENCE, connecting).await;
        let reason = match connection {
            Ok(Ok(connection)) => {
                let mut current = self.current.lock();
                if current.number == number {
                    current.connection = Some(connection);
                }
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        Err(OpenError::Unreachable {
            address: self.address.clone(),
            reason,
        })
    }

    /// How many connections there have been.
    pub(super) fn number(&self) -> u64 {
        self.current.lock().number
    }

    /// Whether it works, as far as anybody knows.
    pub(super) fn is_up(&self) -> bool {
        self.current.lock().connection.is_some()
    }

    /// Gives the connection up.
    pub(super) fn give_up(&self) {
        let number = self.current.lock().number;
        self.breaks(number);
    }

    fn breaks(&self, number: u64) {
        let mut current = self.current.lock();
        if current.number == number && current.connection.take().is_some() {
            drop(current);
            self.broken.notify_one();
        }
    }

    fn connection(&self) -> Result<(u64, MultiplexedConnection), Problem> {
        let current = self.current.lock();
        let connection = current.connection.clone().ok_or_else(|| self.away())?;
        Ok((current.number, connection))
    }

    pub(super) fn away(&self) -> Problem {
        Problem::Unavailable(format!("Redis at {} can't be reached", self.address))
    }

    /// Says that Redis can't be used, unless that was said just now.
    pub(super) fn warn(&self, reason: &str) {
        let mut warned = self.warned.lock();
        if warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
            *warned = Some(Instant::now());
            let address = &self.address;
            tracing::warn!("Redis at {address} can't be used: {reason}");
        }
    }

    /// Runs a script.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Problem> {
        let (number, mut connection) = self.connection()?;
        let answer = script.invoke_async(&mut connection).await;
        answer.map_err(|error| self.failed(number, &error))
    }

    /// Runs a command.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Problem> {
        let (number, mut connection) = self.connection()?;
        let answer = command.query_async(&mut connection).await;
        answer.map_err(|error| self.failed(number, &error))
    }

    /// Hears what is published to these from now on.
    pub(super) async fn subscribe(&self, channels: &[String]) -> Result<(), Problem> {
        let (number, mut connection) = self.connection()?;
        let answer = connection.subscribe(channels).await;
        answer.map_err(|error| self.failed(number, &error))
    }

    pub(super) async fn unsubscribe(&self, channel: &[u8]) -> Result<(), Problem> {
        let (number, mut connection) = self.connection()?;
        let answer = connection.unsubscribe(channel).await;
        answer.map_err(|error| self.failed(number, &error))
    }

    fn failed(&self, number: u64, error: &RedisError) -> Problem {
        match Remedy::of(error) {
            Remedy::Connect => self.breaks(number),
            Remedy::Wait => {}
        }
        self.warn(&error.to_string());
        Problem::Unavailable(format!("Redis at {}: {error}", self.address))
    }
}
