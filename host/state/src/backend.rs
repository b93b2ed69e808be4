//! Where state is kept.

use super::event::Member;
use super::mailbox::Mailbox;
use super::problem::Problem;
use std::sync::Arc;
use std::time::Duration;

/// A connection that joins a topic.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// How others know it.
    pub member: Member,
    /// Where its events go. `None` where it only wants to be seen.
    pub mailbox: Option<Arc<Mailbox>>,
}

/// Keys of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In no order.
    pub keys: Vec<String>,
    /// What asks for the next page, if there may be one.
    pub more: Option<String>,
}

/// A place where topics and a store are kept. All members of a topic hear its events in one order.
///
/// What plugins ask for has been held against the limits of single things; what there may be in all, the
/// backend bounds.
pub trait Backend: Send + Sync {
    /// Adds a member to a topic, and tells the others. Returns them, as they are at that moment.
    ///
    /// # Errors
    /// It can't be done now.
    fn join(&self, topic: &Arc<str>, subscriber: Subscriber) -> Result<Vec<Member>, Problem>;

    /// Gives a member another label, silently, and returns the others.
    ///
    /// # Errors
    /// It can't be done now.
    fn rename(&self, topic: &Arc<str>, member: &Member) -> Result<Vec<Member>, Problem>;

    /// Removes a member from a topic, and tells the others. Nothing where it isn't one.
    fn leave(&self, topic: &Arc<str>, id: &str);

    /// Tells all members of a topic but this one.
    ///
    /// # Errors
    /// It can't be done now.
    fn publish(&self, topic: &Arc<str>, from: Member, data: Arc<[u8]>) -> Result<(), Problem>;

    /// The value of a key.
    ///
    /// # Errors
    /// It can't be done now.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem>;

    /// Gives a key a value, for a time or for ever.
    ///
    /// # Errors
    /// It can't be done now.
    fn set(&self, key: &str, value: &[u8], time_to_live: Option<Duration>) -> Result<(), Problem>;

    /// Gives a key a value, or none, if it has this one, or none. Whether it had.
    ///
    /// # Errors
    /// It can't be done now.
    fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem>;

    /// Adds to the decimal number that a key has, or to 0, and keeps its time to live. Returns the sum.
    ///
    /// # Errors
    /// It can't be done now, or what is there is no number.
    fn add(&self, key: &str, delta: i64) -> Result<i64, Problem>;

    /// Removes a key. Whether there was one.
    ///
    /// # Errors
    /// It can't be done now.
    fn delete(&self, key: &str) -> Result<bool, Problem>;

    /// Keys that begin with this prefix, at most so many.
    ///
    /// # Errors
    /// It can't be done now.
    fn keys(&self, prefix: &str, more: Option<&str>, limit: usize) -> Result<Page, Problem>;
}
