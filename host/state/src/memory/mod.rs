//! State in the memory of this process: it ends with it.

mod lookup;
mod store;
mod topics;

use super::backend::{Answer, StoreBackend, now};
use super::clock::Clock;
use super::limits::Limits;
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

    /// Works on the store, at this time. No bytes of a value are copied, compared or freed in there: threads of the
    /// lowest priority come here, and whoever waits for one waits for what it does while it has the lock. What is
    /// removed is freed afterwards.
    fn with<T>(&self, work: impl FnOnce(&mut Store, Duration) -> T) -> T {
        let time = self.clock.now();
        let mut store = self.store.lock();
        let done = work(&mut store, time);
        let removed = store.take_removed();
        drop(store);
        drop(removed);
        done
    }
}

impl StoreBackend for MemoryStore {
    fn held(&self) -> usize {
        self.store.lock().bytes()
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>> {
        now(Ok(self.with(|store, now| store.get(key, now))))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        let (key, value) = (Arc::from(key), Arc::from(value));
        now(self.with(|store, now| {
            // A time beyond what can be counted is for ever.
            let expires = ttl.and_then(|time| now.checked_add(time));
            store.set(&key, &value, expires, now)
        }))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool> {
        let (key, new) = (Arc::from(key), new.map(Arc::from));
        // Each time round, somebody else has changed it in between.
        let done = loop {
            let seen = self.with(|store, now| store.get(&key, now));
            if seen.as_deref() != expected {
                break Ok(false);
            }
            let done =
                self.with(|store, now| store.replace(&key, seen.as_ref(), new.as_ref(), now));
            if !matches!(done, Ok(false)) {
                break done;
            }
        };
        now(done)
    }

    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64> {
        let key = Arc::from(key);
        now(self.with(|store, now| store.add(&key, delta, now)))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        now(Ok(self.with(|store, now| store.delete(key, now))))
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        more: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Page> {
        let found = self.with(|store, now| store.keys(prefix, more, limit, now));
        now(Ok(Page {
            keys: found.keys.iter().map(ToString::to_string).collect(),
            more: found.more.map(|key| key.to_string()),
        }))
    }
}
