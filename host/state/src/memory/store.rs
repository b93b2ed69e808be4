//! A store in memory, behind a lock.

use super::entries::Entries;
use crate::backend::{Answer, Page, StoreBackend, now};
use crate::clock::Clock;
use crate::counters::StoreCounts;
use crate::limits::Limits;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// See [`StoreBackend`].
pub(crate) struct MemoryStore {
    entries: Mutex<Entries>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty one.
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            entries: Mutex::new(Entries::new(limits)),
            clock,
        }
    }

    /// Works on the entries, at this time. It must not copy, compare or free the bytes of a value: threads of the
    /// lowest priority hold the lock, too, and all others wait for them. Removed values are freed afterwards.
    fn with<T>(&self, work: impl FnOnce(&mut Entries, Duration) -> T) -> T {
        let time = self.clock.now();
        let mut entries = self.entries.lock();
        let done = work(&mut entries, time);
        let removed = entries.take_removed();
        drop(entries);
        drop(removed);
        done
    }
}

impl StoreBackend for MemoryStore {
    fn held(&self) -> usize {
        self.entries.lock().bytes()
    }

    fn counts(&self) -> Option<StoreCounts> {
        let entries = self.entries.lock();
        Some(StoreCounts {
            keys: entries.len(),
            bytes: entries.bytes(),
            commits: None,
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>> {
        now(Ok(self.with(|entries, now| entries.get(key, now))))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        let (key, value) = (Arc::from(key), Arc::from(value));
        now(self.with(|entries, now| {
            // A time too long to count is for ever.
            let expires = ttl.and_then(|time| now.checked_add(time));
            entries.set(&key, &value, expires, now)
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
            let seen = self.with(|entries, now| entries.get(&key, now));
            if seen.as_deref() != expected {
                break Ok(false);
            }
            let done =
                self.with(|entries, now| entries.replace(&key, seen.as_ref(), new.as_ref(), now));
            if !matches!(done, Ok(false)) {
                break done;
            }
        };
        now(done)
    }

    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64> {
        let key = Arc::from(key);
        now(self.with(|entries, now| entries.add(&key, delta, now)))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        now(Ok(self.with(|entries, now| entries.delete(key, now))))
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        more: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Page> {
        let found = self.with(|entries, now| entries.keys(prefix, more, limit, now));
        now(Ok(Page {
            keys: found.keys.iter().map(ToString::to_string).collect(),
            more: found.more.map(|key| key.to_string()),
        }))
    }
}
