//! The two connections to Redis, one for answers and one for events, and the room for questions that are under way.
//!
//! Redis gives up a subscribed connection when 32 MiB wait for it (the class `pubsub` of its
//! `client-output-buffer-limit`), as it can't know whether anybody reads them. Answers never count there: they have a
//! connection of their own, of the class `normal`, and this host asks for no more at once than it can hold.
//!
//! # Order
//!
//! One connection would bring answers and events in the order in which Redis made them. With two, an answer may come
//! before older events, or after younger ones. Nothing depends on that, because everything with an order comes over the
//! connection for events: events of topics, and the pieces of lists, which are published as well. A new member hears a
//! topic from its own `joined` on, and its list of the others has the members that this host knows at that place. A
//! ticket goes with the question and comes back with the event: it tells a member's `joined` from an earlier one.
//! Answers only say that Redis has done it, or why not.
//!
//! # Loss
//!
//! When the connection for events breaks, it alone is made anew. Then lists are asked for, and where their numbers
//! differ, `missed` is told. When the connection for answers breaks, both are made anew: the name may lead to another
//! server by then, and both must lead to the same one. Each renewal of the lease checks that, as the host must hear it.

use super::link::{Fault, Link, PATIENCE};
use super::script::Call;
use super::server::Server;
use super::sizes::{self, SMALL, SMALL_UNDER_WAY, UNDER_WAY};
use crate::error::OpenError;
use crate::limits::Limits;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// See the module.
pub(crate) struct Links {
    pub(super) server: Arc<Server>,
    pub(super) answers: Arc<Link>,
    pub(super) events: Arc<Link>,
    under_way: Arc<Semaphore>,
    small_under_way: Arc<Semaphore>,
}

impl Links {
    /// To the Redis of this URL. Nothing is connected yet.
    pub(crate) fn new(url: &str, limits: &Limits) -> Result<Arc<Self>, OpenError> {
        let server = Server::new(url)?;
        Ok(Arc::new(Self {
            answers: Link::new(server.clone(), sizes::of_answers(limits)),
            events: Link::new(server.clone(), sizes::of_events(limits)),
            server,
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
            small_under_way: Arc::new(Semaphore::new(SMALL_UNDER_WAY)),
        }))
    }

    /// Connects the one for answers.
    pub(crate) async fn connect(&self) -> Result<(), OpenError> {
        self.answers.connect(|_, _| {}).await
    }

    /// Gives both up.
    pub(super) fn give_up(&self) {
        self.answers.give_up();
        self.events.give_up();
    }

    /// Runs a script that a plugin has asked for, whose answer has so many bytes at most. The call is made when there
    /// is room for it: `size` is how many bytes it has, about.
    pub(super) async fn run<'a>(
        &self,
        size: usize,
        answer: usize,
        call: impl FnOnce() -> Call<'a>,
    ) -> Result<Value, Fault> {
        let room = self.room(size.saturating_add(answer)).await?;
        self.call(call(), Some(room)).await
    }

    /// Runs a script for the host itself. It waits for no room: plugins that ask for much must not cost the host its
    /// lease. The host asks for few things at a time, each of them bounded.
    pub(super) async fn run_own(&self, call: Call<'_>) -> Result<Value, Fault> {
        self.call(call, None).await
    }

    async fn call(
        &self,
        call: Call<'_>,
        mut room: Option<OwnedSemaphorePermit>,
    ) -> Result<Value, Fault> {
        let Call { script, command } = call;
        self.answers
            .with(async |mut connection| {
                let (said, command) = ask(&connection, command, room.take()).await;
                let is_unknown = said.as_ref().is_err_and(|error| {
                    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
                });
                if !is_unknown {
                    return said;
                }
                script.load_async(&mut connection).await?;
                ask(&connection, command, None).await.0
            })
            .await
    }

    /// Runs a command whose answer has so many bytes at most.
    pub(super) async fn ask(&self, command: Cmd, answer: usize) -> Result<Value, Fault> {
        let room = self.room(answer).await?;
        self.answers
            .with(async |connection| ask(&connection, command, Some(room)).await.0)
            .await
    }

    /// Room for so many bytes. A question that is larger than all room takes all of it.
    async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Fault> {
        let part = if bytes <= SMALL {
            &self.small_under_way
        } else {
            &self.under_way
        };
        let bytes = u32::try_from(bytes.min(UNDER_WAY)).unwrap_or(u32::MAX);
        let waiting = part.clone().acquire_many_owned(bytes);
        match timeout(PATIENCE, waiting).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) | Err(_) => {
                self.server.warn("too much is under way");
                Err(Fault::Refused)
            }
        }
    }

    /// Subscribes to these channels.
    pub(super) async fn subscribe(&self, channels: &[String]) -> Result<(), Fault> {
        let subscribing =
            async |mut connection: MultiplexedConnection| connection.subscribe(channels).await;
        self.events.with(subscribing).await
    }

    pub(super) async fn unsubscribe(&self, channel: &[u8]) -> Result<(), Fault> {
        let unsubscribing =
            async |mut connection: MultiplexedConnection| connection.unsubscribe(channel).await;
        self.events.with(unsubscribing).await
    }
}

/// An answer, and its question.
type Answered = (Result<Value, RedisError>, Cmd);

/// A question. Its answer takes room until it has come, even if nobody waits for it any more.
struct Asked {
    answer: Option<Pin<Box<dyn Future<Output = Answered> + Send>>>,
    room: Option<OwnedSemaphorePermit>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        let (answer, room) = (self.answer.take(), self.room.take());
        if let (Some(answer), Some(room)) = (answer, room)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                drop(answer.await);
                drop(room);
            });
        }
    }
}

async fn ask(
    connection: &MultiplexedConnection,
    command: Cmd,
    room: Option<OwnedSemaphorePermit>,
) -> Answered {
    let mut connection = connection.clone();
    let answer = async move {
        let said = connection.send_packed_command(&command).await;
        (said.and_then(Value::extract_error), command)
    };
    let mut asked = Asked {
        answer: Some(Box::pin(answer)),
        room,
    };
    let answered = std::future::poll_fn(|cx| match &mut asked.answer {
        Some(answer) => answer.as_mut().poll(cx),
        None => std::task::Poll::Pending,
    })
    .await;
    asked.answer = None;
    answered
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Waker};

    #[tokio::test]
    async fn what_is_small_waits_for_nothing_large() {
        let links = Links::new("redis://127.0.0.1:1", &Limits::default()).expect("a URL");
        let all = links.room(UNDER_WAY).await.expect("there is room");
        let mut large = std::pin::pin!(links.room(SMALL + 1));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(large.as_mut().poll(&mut cx).is_pending());
        let mut small = Vec::new();
        for _ in 0..SMALL_UNDER_WAY / SMALL {
            small.push(links.room(SMALL).await.expect("there is room"));
        }
        let mut more = std::pin::pin!(links.room(1));
        assert!(more.as_mut().poll(&mut cx).is_pending());
        drop(all);
        assert!(large.await.is_ok());
    }
}
