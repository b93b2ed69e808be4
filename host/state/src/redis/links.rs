//! The two connections to Redis, one for answers and one for events, and how much may be under way.
//!
//! It owns what one answer may take, and all of them. It must not know what is asked.
//!
//! Redis gives up a connection that is subscribed to something when 32 MiB wait for it (the class `pubsub` of its
//! `client-output-buffer-limit`), as it can't know whether anybody reads them. Answers are never among them: they have a
//! connection of their own, of the class `normal`, and no more is asked for at once than may be held here.
//!
//! # Order
//!
//! One connection would bring answers and events in the one order in which Redis has done things. With two an answer may
//! come before events that are older, or after events that are younger. Nothing depends on that, because all that has an
//! order comes over the connection for events: what is told of topics, and the pieces of lists, which are published as
//! well. Who joins hears a topic from its own `joined` on, and its answer, the list of the others, is what this host knows
//! at that place. A ticket, which goes with the question and comes back with the event, tells a member's `joined` from
//! that of an earlier time. Answers only say that Redis has done it, or why not.
//!
//! # Loss
//!
//! When the connection for events breaks, it alone is made anew; lists are asked for, and where their numbers are others,
//! `missed` is told. When the one for answers breaks, both are made anew, as the name may lead to another server by then
//! and both must be connections to the same. That they are is seen at each renewal of the lease, which the host must hear.

use super::bound::Most;
use super::lease::MEMBER;
use super::link::{Fault, Link, PATIENCE};
use super::script::Call;
use super::server::Server;
use super::topics::TOGETHER;
use crate::limits::Limits;
use crate::shared::OpenError;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Bytes of all questions that are under way, and of the answers that they may have. Sixteen values of the default
/// `--value-size`, or some ten thousand numbers. Who asks for more waits, for [`PATIENCE`] at most.
/// Test: `redis_attacks::forty_values_at_once_break_no_link`.
const UNDER_WAY: usize = 16 * MIB;
/// Bytes of a question and its answer that are small, together: those have a part of their own, so that they don't wait
/// for all values that others ask for. Test: `links::tests::what_is_small_waits_for_nothing_large`.
pub(super) const SMALL: usize = 4 * KIB;
/// Bytes of all that is small and under way: a thousand of them at once. More wait, as above.
/// Test: `links::tests::what_is_small_waits_for_nothing_large`.
const SMALL_UNDER_WAY: usize = 4 * MIB;
/// Bytes of an answer that is a word, a number or an error.
pub(super) const WORD: usize = KIB;
/// Bytes of a page of keys, or of a piece of a list, about. Test: `redis_attacks::a_long_list_comes_in_pieces`.
pub(super) const PAGE: usize = MIB;
/// Values of an answer: the longest is a page of a thousand keys, or what a question of `SCAN` has found. Each takes some
/// fifty bytes here. More breaks the link. Test: `redis_attacks::an_answer_of_many_nothings_is_not_held`.
const VALUES: usize = 16 * KIB;

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
        // More than the largest thing that these limits allow breaks the link.
        // Test: `redis_attacks::an_answer_that_is_too_long_is_not_held`.
        let most = |largest: usize| Most {
            bytes: largest.saturating_add(MIB),
            values: VALUES,
        };
        // A page may end in the middle of a key, and says where the next begins. Memberships come with their topics.
        let page = PAGE.saturating_add(limits.key.saturating_mul(2));
        let memberships = (2 * TOGETHER).saturating_mul(limits.topic.saturating_add(MEMBER));
        // A piece has at least one member, and all whom Redis keeps at the same place of a hash.
        let labels = limits.label.saturating_mul(4);
        let event = limits.message.max(PAGE).saturating_add(labels);
        Ok(Arc::new(Self {
            answers: Link::new(
                server.clone(),
                most(limits.value.max(page).max(memberships)),
            ),
            events: Link::new(server.clone(), most(event.saturating_add(limits.topic))),
            server,
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
            small_under_way: Arc::new(Semaphore::new(SMALL_UNDER_WAY)),
        }))
    }

    /// Connects what brings answers.
    pub(crate) async fn connect(&self) -> Result<(), OpenError> {
        self.answers.connect(|_, _| {}).await
    }

    /// Gives both up.
    pub(super) fn give_up(&self) {
        self.answers.give_up();
        self.events.give_up();
    }

    /// Runs a script that a plugin has asked for, whose answer has so many bytes at most. The call is made when there is
    /// room for it: `size` is how many bytes it has, about.
    pub(super) async fn run<'a>(
        &self,
        size: usize,
        answer: usize,
        call: impl FnOnce() -> Call<'a>,
    ) -> Result<Value, Fault> {
        let room = self.room(size.saturating_add(answer)).await?;
        self.call(call(), Some(room)).await
    }

    /// Runs a script for the host itself, which waits for no room: plugins that ask for much must not cost it its lease.
    /// It asks for few things at a time, each of them bounded.
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

    /// Room for so many bytes. One thing that is larger than all may be has all of it.
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

    /// Hears what is published to these from now on.
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

/// What an answer was, and what was asked.
type Answered = (Result<Value, RedisError>, Cmd);

/// A question whose answer takes room until it has come, even if nobody waits for it any more.
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
