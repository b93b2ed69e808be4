//! State in the memory of this process: it ends with it.

mod store;
mod topics;

use super::backend::{Answer, StoreBackend, now};
use super::clock::Clock;
use super::limits::Limits;
use super::problem::Problem;
use crate::backend::Page;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
pub(crate) use store::{ENTRY, entry_size, number};
pub(crate) use topics::MemoryTopics;

/// A store in memory.
pub(crate) struct MemoryStore {
    store: Mutex<Store>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty one.
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            store: Mutex::new(Store::new(limits)),
            clock,
        }
    }

    /// The store, and the time.
    fn with<'a, T: Send + 'a>(
        &self,
        work: impl FnOnce(&mut Store, Duration) -> Result<T, Problem>,
    ) -> Answer<'a, T> {
        let time = self.clock.now();
        now(work(&mut self.store.lock(), time))
    }
}

impl StoreBackend for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        self.with(|store, now| Ok(store.get(key, now).map(<[u8]>::to_vec)))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        self.with(|store, now| {
            // A time beyond what can be counted is for ever.
            let expires = ttl.and_then(|time| now.checked_add(time));
            store.set(key, value.into(), expires, now)
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool> {
        self.with(|store, now| {
            if store.get(key, now) != expected {
                return Ok(false);
            }
            match new {
                Some(value) => store.set(key, value.into(), None, now)?,
                None => drop(store.delete(key, now)),
            }
            Ok(true)
        })
    }

    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64> {
        self.with(|store, now| store.add(key, delta, now))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        self.with(|store, now| Ok(store.delete(key, now)))
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        more: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Page> {
        self.with(|store, now| Ok(store.keys(prefix, more, limit, now)))
    }
}
