//! Where state is kept: the functions of a backend for topics, and of one for a store.
//!
//! Callers check the limits of single things. A backend bounds the totals.

use super::clock::Clock;
use super::event::Member;
use super::limits::Limits;
use super::mailbox::Mailbox;
use super::problem::Problem;
use eco_fair::Account;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// The answer to a question; ready at once where nothing has to be waited for.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;

/// An answer that is ready.
pub(crate) fn now<'a, T: Send + 'a>(result: Result<T, Problem>) -> Answer<'a, T> {
    Box::pin(std::future::ready(result))
}

/// A connection that joins a topic.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// How others know it.
    pub member: Member,
    /// The events of the topic that it hears.
    pub hearing: Hearing,
    /// Receives them.
    pub mailbox: Arc<Mailbox>,
    /// Pays for the work that its coming and going causes others.
    pub payer: Arc<Account>,
}

impl Subscriber {
    /// Its mailbox, if it hears events of this kind.
    pub fn mailbox_for(&self, event: EventKind) -> Option<&Arc<Mailbox>> {
        self.hearing.includes(event).then_some(&self.mailbox)
    }
}

/// The events of a topic that a connection hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    pub(crate) fn includes(self, event: EventKind) -> bool {
        match self {
            Self::Nothing => false,
            Self::Messages => event == EventKind::Message,
            Self::All => true,
        }
    }
}

/// A kind of event of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Somebody has said something.
    Message,
    /// Somebody comes or goes.
    Presence,
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
    /// The longest list.
    pub(crate) const MOST: usize = 1000;
}

/// A backend for topics. All members of a topic hear its events in one order. An answer that nobody waits for any
/// more may take effect or not; leaving is right in either case.
pub trait TopicsBackend: Send + Sync {
    /// Adds a member to a topic, and tells the others. Returns them, as they are at that moment.
    fn join<'a>(&'a self, topic: &'a Arc<str>, who: Subscriber) -> Answer<'a, Vec<Member>>;

    /// Gives a member another label, silently, and returns the others.
    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>>;

    /// Whether it can be reached, as far as anybody knows.
    fn is_there(&self) -> Result<(), Problem> {
        Ok(())
    }

    /// How many hear such an event of a topic, as far as is known at once. It is the cost of causing one.
    fn audience(&self, topic: &str, event: EventKind) -> usize;

    /// Tells all members of a topic but this one. `payer` pays for their work.
    fn publish<'a>(
        &'a self,
        topic: &'a Arc<str>,
        from: Member,
        data: Arc<[u8]>,
        payer: &'a Arc<Account>,
    ) -> Answer<'a, ()>;

    /// Removes a member from a topic, after all of its questions, and tells the others. It does nothing if it isn't
    /// one. Nobody waits for it.
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

/// A backend for keys and values.
pub trait StoreBackend: Send + Sync {
    /// Bytes that this process holds of it in memory, unless others bound them.
    fn held(&self) -> usize {
        0
    }

    /// The value of a key, shared with all others that have it.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>>;

    /// Gives a key a value, for a time or for ever.
    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()>;

    /// Gives a key a value, or none, if it has this one, or none. Whether it had.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool>;

    /// Adds to the decimal number that a key has, or to 0, and keeps its time to live. Returns the sum.
    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64>;

    /// Removes a key. Whether there was one.
    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool>;

    /// Keys that begin with this prefix, at most so many.
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
    /// Bytes of all events that wait.
    pub(crate) waiting: Arc<AtomicUsize>,
}
