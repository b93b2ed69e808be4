//! One connection to Redis, and whether it works.
//!
//! It bounds the time of an answer. A question that was open when it broke is never asked again: nobody knows whether
//! it took effect.

use super::bounded::{Bounded, Most};
use super::remedy::Remedy;
use super::server::Server;
use crate::error::OpenError;
use crate::problem::Problem;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, PushInfo, PushKind, RedisError, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;

/// How long Redis may take for an answer, or to be connected to. It takes a thousandth of that; a link that
/// hangs is given up then, and made anew. Test: `state::redis::failures::a_link_that_hangs_is_made_anew`.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The first pause before something is tried again.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Why Redis has not done something. The log has its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection is missing or broken. The next one may succeed.
    Link,
    /// Redis refuses that.
    Refused,
}

impl From<Fault> for Problem {
    fn from(_: Fault) -> Self {
        Self::AWAY
    }
}

/// See the module.
pub(super) struct Link {
    server: Arc<Server>,
    most: Most,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// Counts the connections, so that messages of an old one are told apart.
    number: u64,
    connection: Option<Connection>,
}

#[derive(Clone)]
struct Connection {
    asks: MultiplexedConnection,
    /// Ends the task that reads and writes.
    task: AbortHandle,
}

impl Link {
    pub(super) fn new(server: Arc<Server>, most: Most) -> Arc<Self> {
        Arc::new(Self {
            server,
            most,
            current: Mutex::default(),
        })
    }

    /// Connects. Published messages come to `heard`, in their order and in the connection's own task.
    pub(super) async fn connect(
        self: &Arc<Self>,
        heard: impl Fn(&[u8], &[u8]) + Send + Sync + 'static,
    ) -> Result<(), OpenError> {
        let number = {
            let mut current = self.current.lock();
            if let Some(old) = current.connection.take() {
                old.task.abort();
            }
            current.number += 1;
            current.number
        };
        let link = Arc::downgrade(self);
        let pushed = move |push: PushInfo| -> Result<(), redis::aio::SendError> {
            let link = link.upgrade().filter(|link| link.number() == number);
            // Messages of a connection that was given up don't count.
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
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(pushed);
        let connecting = async {
            let server = self.server.clone();
            let warn = move |error: &std::io::Error| server.warn(error);
            let stream = Bounded::new(self.server.stream().await?, self.most, warn);
            let settings = &self.server.settings;
            MultiplexedConnection::new_with_config(settings, stream, config).await
        };
        let connection = tokio::time::timeout(PATIENCE, connecting).await;
        let error = match connection {
            Ok(Ok((asks, driver))) => {
                let task = tokio::spawn(driver).abort_handle();
                let mut current = self.current.lock();
                if current.number == number {
                    current.connection = Some(Connection { asks, task });
                } else {
                    task.abort();
                }
                return Ok(());
            }
            Ok(Err(error)) => error.into(),
            Err(_) => "it does not answer".into(),
        };
        Err(OpenError::Unreachable {
            address: self.server.name.clone(),
            error,
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
        let number = self.number();
        self.breaks(number);
    }

    fn breaks(&self, number: u64) {
        let mut current = self.current.lock();
        if current.number == number
            && let Some(connection) = current.connection.take()
        {
            drop(current);
            connection.task.abort();
            self.server.broken.notify_one();
        }
    }

    /// Does something over the connection that there is.
    pub(super) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, Fault> {
        let (number, connection) = {
            let current = self.current.lock();
            let connection = current.connection.as_ref().ok_or(Fault::Link)?;
            (current.number, connection.asks.clone())
        };
        work(connection)
            .await
            .map_err(|error| self.failed(number, &error))
    }

    fn failed(&self, number: u64, error: &RedisError) -> Fault {
        self.server.warn(error);
        match Remedy::of(error) {
            Remedy::Connect => {
                self.breaks(number);
                Fault::Link
            }
            Remedy::Wait => Fault::Refused,
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(connection) = self.current.lock().connection.take() {
            connection.task.abort();
        }
    }
}
