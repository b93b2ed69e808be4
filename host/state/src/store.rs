//! The store of a state, within the limits of keys and values.

use super::backend::{Backends, Page, StoreBackend};
use super::limits::Limit;
use super::problem::Problem;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The store of a state, as plugins have it: for a program that embeds eco, too. Clones are the same.
///
/// Each function is one change, or none: all connections and hosts see it whole. A future that is dropped may have made
/// its change or not. In memory and in a file a value is read at once; a change in a file returns when it is kept, some
/// milliseconds later. On Redis each takes a round trip, and two seconds at most.
///
/// # Errors
/// A key is longer than [`Limits::key`](super::Limits::key), or a value than [`Limits::value`](super::Limits::value):
/// [`Problem::TooLarge`]. Changes: the store has no room ([`Problem::TooMany`] with [`Limit::Store`] or [`Limit::Keys`]).
/// Its place can't be used now: [`Problem::Unavailable`], and the log says why.
#[derive(Clone)]
pub struct Store(Arc<Backends>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) fn new(backends: Arc<Backends>) -> Self {
        Self(backends)
    }

    /// The value of a key, if it has one. Its bytes are shared, where that is in memory.
    ///
    /// # Errors
    /// Those of [every function](Self).
    pub async fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, Problem> {
        self.check_key(key)?;
        self.backend().get(key).await
    }

    /// Gives a key a value: for this time, counted in milliseconds, or for ever.
    ///
    /// # Errors
    /// Those of [every function](Self).
    pub async fn set(
        &self,
        key: &str,
        value: &[u8],
        time_to_live: Option<Duration>,
    ) -> Result<(), Problem> {
        self.check_key(key)?;
        self.check_value(value)?;
        self.backend().set(key, value, time_to_live).await
    }

    /// Gives a key a value, or none, for ever, if it has the expected one, or none. Whether it had.
    ///
    /// # Errors
    /// Those of [every function](Self).
    pub async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem> {
        self.check_key(key)?;
        for value in [expected, new].into_iter().flatten() {
            self.check_value(value)?;
        }
        self.backend().compare_and_set(key, expected, new).await
    }

    /// Adds to the decimal number that a key has, or to 0, and keeps its time to live. Returns the sum.
    ///
    /// # Errors
    /// Also where the value is no decimal number, or the sum does not fit into 64 bits: [`Problem::NotANumber`].
    pub async fn add(&self, key: &str, delta: i64) -> Result<i64, Problem> {
        self.check_key(key)?;
        self.backend().add(key, delta).await
    }

    /// Removes a key. Whether there was one.
    ///
    /// # Errors
    /// Those of [every function](Self).
    pub async fn delete(&self, key: &str) -> Result<bool, Problem> {
        self.check_key(key)?;
        self.backend().delete(key).await
    }

    /// Keys that begin with a prefix, at most so many, in no order. `more` is [`Page::more`] of the page before, or `None`
    /// for the first. A key that is there all the while is in one page; one that is set or removed meanwhile may be.
    ///
    /// # Errors
    /// Those of [every function](Self).
    pub async fn keys(
        &self,
        prefix: &str,
        more: Option<&str>,
        limit: usize,
    ) -> Result<Page, Problem> {
        self.check_key(prefix)?;
        self.check_key(more.unwrap_or_default())?;
        self.backend().keys(prefix, more, limit).await
    }

    fn backend(&self) -> &dyn StoreBackend {
        &*self.0.store
    }

    fn check_key(&self, key: &str) -> Result<(), Problem> {
        Limit::Key.admit(key.len(), &self.0.limits)
    }

    fn check_value(&self, value: &[u8]) -> Result<(), Problem> {
        Limit::Value.admit(value.len(), &self.0.limits)
    }
}
