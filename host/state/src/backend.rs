//! Where state is kept: the functions of a backend for topics, and of one for a store.
//!
//! Callers check the limits of single things. A backend bounds the totals. Programs that embed eco may have places of
//! their own: [`SharedState::with_backends`](super::SharedState::with_backends).

use super::clock::Clock;
use super::counters::{StoreCounts, TopicCounts};
use super::event::{EventKind, Member};
use super::limits::Limits;
use super::mailbox::Mailbox;
use super::problem::Problem;
use super::waiting::Total;
use eco_fair::Account;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The answer to a question; ready at once where nothing has to be waited for. The place that can't be used now is
/// [`Problem::AWAY`]: the backend logs why, as plugins see the problem.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;

/// An answer that is ready.
pub(crate) fn now<'a, T: Send + 'a>(result: Result<T, Problem>) -> Answer<'a, T> {
    Box::pin(std::future::ready(result))
}

/// A connection that joins a topic, or a listener of the host. Its backend keeps it while it is a member, and hands it to
/// [`deliver`](super::deliver) with each event.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// How others know it.
    pub member: Member,
    /// The events of the topic that it hears.
    pub hearing: Hearing,
    /// Receives them.
    pub(crate) mailbox: Arc<Mailbox>,
    /// Pays for the work that its coming and going causes others.
    pub payer: Arc<Account>,
}

impl Subscriber {
    /// Tells it that events of this topic were lost on their way here, if it hears messages; nobody knows how many.
    pub fn miss(&self, topic: &Arc<str>) {
        if self.hearing.includes(EventKind::Message) {
            self.mailbox.miss_unknown(topic);
        }
    }
}

/// The events of a topic that a connection hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hearing {
    /// Nothing: it only wants to be seen.
    Nothing,
    /// Messages, and nothing of presence.
    Messages,
    /// Everything.
    All,
}

impl Hearing {
    /// Whether events of this kind are among them.
    pub fn includes(self, event: EventKind) -> bool {
        match self {
            Self::Nothing => false,
            Self::Messages => event == EventKind::Message,
            Self::All => true,
        }
    }
}

/// Keys of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In no order.
    pub keys: Vec<String>,
    /// Asks for the next page, if there may be one.
    pub more: Option<String>,
}

/// The names under which something is kept in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// In the order of the alphabet.
    pub names: Vec<String>,
    /// Whether there may be others: the list has no more than a person would read.
    pub may_be_more: bool,
}

impl Namespaces {
    /// The names of the longest list.
    pub const MOST: usize = 1000;
}

/// A backend for topics. All members of a topic hear its events in one order, each of them once: a backend hands them to
/// [`deliver`](super::deliver) under a lock of the topic. An answer that nobody waits for any more may take effect or not;
/// leaving is right in either case.
///
/// A listener of a host ([`Member::is_listener`]) is a member as any other to it.
pub trait TopicsBackend: Send + Sync {
    /// Adds a member to a topic, and tells the others ([`Event::Joined`](super::Event::Joined)). Returns them, as they are at
    /// that moment. More than [`Limits::members`] are
    /// [`Problem::TooMany`] with [`Limit::Members`](super::Limit::Members).
    fn join<'a>(&'a self, topic: &'a Arc<str>, who: Subscriber) -> Answer<'a, Vec<Member>>;

    /// Gives a member another label, silently, and returns the others.
    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>>;

    /// Whether it can be reached, as far as anybody knows.
    ///
    /// # Errors
    /// It can't: [`Problem::Unavailable`].
    fn is_there(&self) -> Result<(), Problem> {
        Ok(())
    }

    /// What it has for this host, as far as that costs nothing to know.
    fn counts(&self) -> TopicCounts {
        TopicCounts::default()
    }

    /// How many hear such an event of a topic, as far as is known at once. It is the cost of causing one.
    fn audience(&self, topic: &str, event: EventKind) -> usize;

    /// Tells all members of a topic but this one, which need not be one. `payer` pays for their work.
    fn publish<'a>(
        &'a self,
        topic: &'a Arc<str>,
        from: Member,
        data: Arc<[u8]>,
        payer: &'a Arc<Account>,
    ) -> Answer<'a, ()>;

    /// Removes a member from a topic, after all of its questions, and tells the others
    /// ([`Event::Left`](super::Event::Left)). It does nothing if it isn't one. Nobody waits for it, and it may be called
    /// outside of a runtime.
    fn leave(&self, topic: &Arc<str>, id: &Arc<str>);

    /// Waits until all that have left are gone on all hosts.
    fn flush(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }

    /// Does the same, though not for long, and gives up everything that is held for this host.
    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// A backend for keys and values. Each change is seen whole. An answer that nobody waits for any more may take effect or
/// not.
pub trait StoreBackend: Send + Sync {
    /// Bytes that this process holds of it in memory, unless others bound them.
    fn held(&self) -> usize {
        0
    }

    /// What it has, if that costs nothing to know.
    fn counts(&self) -> Option<StoreCounts> {
        None
    }

    /// The value of a key, shared with all others that have it.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>>;

    /// Gives a key a value, for a time or for ever. Where there is no room for it, nothing is changed:
    /// [`Problem::TooMany`] with [`Limit::Store`](super::Limit::Store) or [`Limit::Keys`](super::Limit::Keys).
    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()>;

    /// Gives a key a value, or none, if it has this one, or none. Whether it had.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool>;

    /// Adds to the decimal number that a key has, or to 0, and keeps its time to live. Returns the sum, or
    /// [`Problem::NotANumber`].
    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64>;

    /// Removes a key. Whether there was one.
    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool>;

    /// Keys that begin with this prefix, at most so many, and not expired. `more` is that of the page before.
    fn keys<'a>(&'a self, prefix: &'a str, more: Option<&'a str>, limit: usize)
    -> Answer<'a, Page>;

    /// The names under which something is kept in this store's place.
    fn namespaces(&self) -> Answer<'_, Namespaces> {
        now(Ok(Namespaces::default()))
    }
}

/// The two backends of one state, and the values that all of its connections need.
pub(crate) struct Backends {
    pub(crate) topics: Box<dyn TopicsBackend>,
    pub(crate) store: Box<dyn StoreBackend>,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<dyn Clock>,
    /// All that waits for them.
    pub(crate) waiting: Arc<Total>,
}

impl Backends {
    pub(crate) fn new(
        topics: Box<dyn TopicsBackend>,
        store: Box<dyn StoreBackend>,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            topics,
            store,
            waiting: Total::new(&limits),
            limits,
            clock,
        }
    }
}
