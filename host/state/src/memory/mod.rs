//! State in the memory of this process: it ends with it.

use super::backend::{Backend, Page, Subscriber};
use super::clock::Clock;
use super::event::Member;
use super::limits::Limits;
use super::problem::Problem;
use super::store::Store;
use super::topics::Topics;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// See [`Backend`].
pub struct Memory {
    topics: Topics,
    store: Mutex<Store>,
    clock: Arc<dyn Clock>,
}

impl Memory {
    /// An empty one.
    pub fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            topics: Topics::new(limits),
            store: Mutex::new(Store::new(limits)),
            clock,
        }
    }

    /// The store, and the time.
    fn store<T>(&self, work: impl FnOnce(&mut Store, Duration) -> T) -> T {
        let now = self.clock.now();
        work(&mut self.store.lock(), now)
    }
}

impl Backend for Memory {
    fn join(&self, topic: &Arc<str>, subscriber: Subscriber) -> Result<Vec<Member>, Problem> {
        self.topics.join(topic, subscriber)
    }

    fn rename(&self, topic: &Arc<str>, member: &Member) -> Result<Vec<Member>, Problem> {
        Ok(self.topics.rename(topic, member))
    }

    fn leave(&self, topic: &Arc<str>, id: &str) {
        self.topics.leave(topic, id);
    }

    fn publish(&self, topic: &Arc<str>, from: Member, data: Arc<[u8]>) -> Result<(), Problem> {
        self.topics.publish(topic, from, data)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        Ok(self.store(|store, now| store.get(key, now).map(<[u8]>::to_vec)))
    }

    fn set(&self, key: &str, value: &[u8], time_to_live: Option<Duration>) -> Result<(), Problem> {
        self.store(|store, now| {
            // A time beyond what can be counted is for ever.
            let expires = time_to_live.and_then(|time| now.checked_add(time));
            store.set(key, value.into(), expires, now)
        })
    }

    fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem> {
        self.store(|store, now| {
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

    fn add(&self, key: &str, delta: i64) -> Result<i64, Problem> {
        self.store(|store, now| store.add(key, delta, now))
    }

    fn delete(&self, key: &str) -> Result<bool, Problem> {
        Ok(self.store(|store, now| store.delete(key, now)))
    }

    fn keys(&self, prefix: &str, more: Option<&str>, limit: usize) -> Result<Page, Problem> {
        Ok(self.store(|store, now| store.keys(prefix, more, limit, now)))
    }
}
