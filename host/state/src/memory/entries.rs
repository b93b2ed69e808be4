//! Keys and values in memory, within their bounds, each for its time to live.

use crate::entry::{entry_size, number};
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// Expired entries that one call removes, unless it needs their room: others wait for the lock meanwhile. The rest are
/// not there for anybody, and go with the next calls, each of which adds one at most.
/// Test: `entries::what_is_over_is_removed_a_few_at_a_time_and_is_not_there_before`.
const REMOVED_AT_ONCE: usize = 16;

/// The entries of a store. Times are those of one clock, and an expired entry is not there. It copies, compares and
/// frees no value: the caller does so without the lock.
pub(crate) struct Entries {
    entries: BTreeMap<Arc<str>, Entry>,
    /// The keys that expire, by their times.
    expiring: BTreeSet<(Duration, Arc<str>)>,
    /// Removed values, to be freed.
    removed: Vec<Arc<[u8]>>,
    /// Bytes of all entries.
    bytes: usize,
    most_bytes: usize,
    most_keys: usize,
}

struct Entry {
    value: Arc<[u8]>,
    expires: Option<Duration>,
}

impl Entry {
    fn is_over(&self, now: Duration) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    fn size(&self, key: &str) -> usize {
        entry_size(key, self.value.len(), self.expires.is_some())
    }
}

/// Keys, as of [`Page`](crate::Page).
pub(crate) struct Found {
    pub(crate) keys: Vec<Arc<str>>,
    pub(crate) more: Option<Arc<str>>,
}

impl Entries {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            entries: BTreeMap::new(),
            expiring: BTreeSet::new(),
            removed: Vec::new(),
            bytes: 0,
            most_bytes: limits.store,
            most_keys: limits.keys,
        }
    }

    /// Bytes of all entries.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keys, with expired ones.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, key: &str, now: Duration) -> Option<Arc<[u8]>> {
        Some(self.entry(key, now)?.value.clone())
    }

    pub(crate) fn set(
        &mut self,
        key: &Arc<str>,
        value: &Arc<[u8]>,
        expires: Option<Duration>,
        now: Duration,
    ) -> Result<(), Problem> {
        self.expire(now, REMOVED_AT_ONCE);
        let new = entry_size(key, value.len(), expires.is_some());
        while let Err(full) = self.check_room(key, new) {
            // An expired entry takes no room.
            if !self.expire(now, 1) {
                return Err(full);
            }
        }
        self.remove(key);
        if let Some(expires) = expires {
            self.expiring.insert((expires, key.clone()));
        }
        self.bytes += new;
        let value = value.clone();
        self.entries.insert(key.clone(), Entry { value, expires });
        Ok(())
    }

    /// Gives a key a value, or none, if it still has this very value, or none. Whether it had.
    pub(crate) fn replace(
        &mut self,
        key: &Arc<str>,
        seen: Option<&Arc<[u8]>>,
        new: Option<&Arc<[u8]>>,
        now: Duration,
    ) -> Result<bool, Problem> {
        let has = self.entry(key, now).map(|entry| &entry.value);
        let is_it = match (has, seen) {
            (Some(has), Some(seen)) => Arc::ptr_eq(has, seen),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        match new {
            _ if !is_it => return Ok(false),
            Some(value) => self.set(key, value, None, now)?,
            None => drop(self.delete(key, now)),
        }
        Ok(true)
    }

    pub(crate) fn add(
        &mut self,
        key: &Arc<str>,
        delta: i64,
        now: Duration,
    ) -> Result<i64, Problem> {
        let entry = self.entry(key, now);
        let old = entry.map_or(Some(0), |entry| number(&entry.value));
        let sum = old.and_then(|old| old.checked_add(delta));
        let sum = sum.ok_or(Problem::NotANumber)?;
        let expires = entry.and_then(|entry| entry.expires);
        self.set(key, &sum.to_string().into_bytes().into(), expires, now)?;
        Ok(sum)
    }

    /// Whether there was one.
    pub(crate) fn delete(&mut self, key: &str, now: Duration) -> bool {
        self.expire(now, REMOVED_AT_ONCE);
        let was_there = self.entry(key, now).is_some();
        self.remove(key);
        was_there
    }

    /// In the order of the alphabet, so that `more` is the last key of the page before.
    pub(crate) fn keys(
        &self,
        prefix: &str,
        more: Option<&str>,
        limit: usize,
        now: Duration,
    ) -> Found {
        let from = match more {
            Some(last) if last >= prefix => Bound::Excluded(last),
            _ => Bound::Included(prefix),
        };
        let keys = self
            .entries
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            // An expired entry takes a place too, so that a page is bounded work.
            .take(limit);
        let (mut last, mut seen) = (None, 0);
        let mut found = Vec::new();
        for (key, entry) in keys {
            seen += 1;
            last = Some(key);
            if !entry.is_over(now) {
                found.push(key.clone());
            }
        }
        Found {
            keys: found,
            more: last.filter(|_| seen == limit).cloned(),
        }
    }

    /// The values removed since the last call, for the caller to free.
    pub(crate) fn take_removed(&mut self) -> Vec<Arc<[u8]>> {
        std::mem::take(&mut self.removed)
    }

    /// An entry that is there and not expired.
    fn entry(&self, key: &str, now: Duration) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| !entry.is_over(now))
    }

    /// Whether there is room for so many bytes in the place of the key's value.
    fn check_room(&self, key: &str, new: usize) -> Result<(), Problem> {
        let old = self.entries.get(key).map(|entry| entry.size(key));
        if self.bytes - old.unwrap_or(0) + new > self.most_bytes {
            return Err(Problem::TooMany(Limit::Store));
        }
        if old.is_none() && self.entries.len() >= self.most_keys {
            return Err(Problem::TooMany(Limit::Keys));
        }
        Ok(())
    }

    /// Removes so many expired entries, at most. Whether there was any.
    fn expire(&mut self, now: Duration, most: usize) -> bool {
        let mut any = false;
        for _ in 0..most {
            let key = match self.expiring.first() {
                Some((expires, key)) if *expires <= now => key.clone(),
                _ => break,
            };
            any |= self.remove(&key);
        }
        any
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some((key, entry)) = self.entries.remove_entry(key) else {
            return false;
        };
        self.bytes -= entry.size(&key);
        if let Some(expires) = entry.expires {
            self.expiring.remove(&(expires, key));
        }
        self.removed.push(entry.value);
        true
    }
}

#[cfg(test)]
mod tests;
