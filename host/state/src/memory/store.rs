//! Keys and values in memory, within their bounds, each for as long as it was given.

use crate::backend::Page;
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// Bytes that the host needs for an entry beside its key and its value, about. An entry with a time to live
/// counts it twice. Test: `store::what_is_full_refuses_and_loses_nothing`.
pub(crate) const ENTRY: usize = 128;

/// The store. Times are those of one clock; what they say is over is not there.
pub(crate) struct Store {
    entries: BTreeMap<Arc<str>, Entry>,
    /// When which key expires.
    expiring: BTreeSet<(Duration, Arc<str>)>,
    /// Bytes of all entries.
    bytes: usize,
    most_bytes: usize,
    most_keys: usize,
}

struct Entry {
    value: Box<[u8]>,
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

/// Bytes that an entry counts for, wherever it is kept.
pub(crate) fn entry_size(key: &str, value: usize, expires: bool) -> usize {
    let entries = if expires { 2 } else { 1 };
    key.len() + value + entries * ENTRY
}

impl Store {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            entries: BTreeMap::new(),
            expiring: BTreeSet::new(),
            bytes: 0,
            most_bytes: limits.store,
            most_keys: limits.keys,
        }
    }

    pub(crate) fn get(&self, key: &str, now: Duration) -> Option<&[u8]> {
        let entry = self.entries.get(key).filter(|entry| !entry.is_over(now))?;
        Some(&entry.value)
    }

    pub(crate) fn set(
        &mut self,
        key: &str,
        value: Box<[u8]>,
        expires: Option<Duration>,
        now: Duration,
    ) -> Result<(), Problem> {
        self.expire(now);
        let old = self.entries.get(key).map(|entry| entry.size(key));
        let new = entry_size(key, value.len(), expires.is_some());
        if self.bytes - old.unwrap_or(0) + new > self.most_bytes {
            return Err(Problem::TooMany(Limit::Store));
        }
        if old.is_none() && self.entries.len() >= self.most_keys {
            return Err(Problem::TooMany(Limit::Keys));
        }
        self.remove(key);
        let key: Arc<str> = key.into();
        if let Some(expires) = expires {
            self.expiring.insert((expires, key.clone()));
        }
        self.bytes += new;
        self.entries.insert(key, Entry { value, expires });
        Ok(())
    }

    pub(crate) fn add(&mut self, key: &str, delta: i64, now: Duration) -> Result<i64, Problem> {
        self.expire(now);
        let entry = self.entries.get(key);
        let old = entry.map_or(Some(0), |entry| number(&entry.value));
        let sum = old.and_then(|old| old.checked_add(delta));
        let sum = sum.ok_or(Problem::NotANumber)?;
        let expires = entry.and_then(|entry| entry.expires);
        self.set(key, sum.to_string().into_bytes().into(), expires, now)?;
        Ok(sum)
    }

    pub(crate) fn delete(&mut self, key: &str, now: Duration) -> bool {
        self.expire(now);
        self.remove(key)
    }

    /// In the order of the alphabet, so that `more` is the last key of the page before.
    pub(crate) fn keys(
        &self,
        prefix: &str,
        more: Option<&str>,
        limit: usize,
        now: Duration,
    ) -> Page {
        let from = match more {
            Some(last) if last >= prefix => Bound::Excluded(last),
            _ => Bound::Included(prefix),
        };
        let keys = self
            .entries
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            // What is over takes a place too, so that a page is bounded work.
            .take(limit);
        let mut page = Page::default();
        let (mut last, mut seen) = (None, 0);
        for (key, entry) in keys {
            seen += 1;
            last = Some(key);
            if !entry.is_over(now) {
                page.keys.push(key.to_string());
            }
        }
        if seen == limit {
            page.more = last.map(|key| key.to_string());
        }
        page
    }

    /// Removes what is over.
    fn expire(&mut self, now: Duration) {
        while let Some((expires, _)) = self.expiring.first()
            && *expires <= now
            && let Some((_, key)) = self.expiring.pop_first()
            && let Some(entry) = self.entries.remove(&key)
        {
            self.bytes -= entry.size(&key);
        }
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some((key, entry)) = self.entries.remove_entry(key) else {
            return false;
        };
        self.bytes -= entry.size(&key);
        if let Some(expires) = entry.expires {
            self.expiring.remove(&(expires, key));
        }
        true
    }
}

/// The decimal number that a value is, written in the one way.
pub(crate) fn number(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(10);
    const LATER: Duration = Duration::from_secs(20);

    fn store(limits: Limits) -> Store {
        Store::new(&limits)
    }

    #[test]
    fn a_value_is_there_until_its_time_is_over_and_its_room_is_free_then() {
        let mut store = store(Limits {
            keys: 1,
            ..Limits::default()
        });
        assert_eq!(store.set("a", (*b"1").into(), Some(LATER), NOW), Ok(()));
        assert_eq!(store.get("a", NOW), Some(&b"1"[..]));
        assert_eq!(store.get("a", LATER), None);
        assert_eq!(store.set("b", (*b"2").into(), None, LATER), Ok(()));
        assert_eq!(store.keys("", None, 10, LATER).keys, ["b"]);
        assert!(store.expiring.is_empty());
    }

    #[test]
    fn what_is_full_refuses_and_loses_nothing() {
        let mut store = store(Limits {
            store: 2 * ENTRY + 10,
            keys: 2,
            ..Limits::default()
        });
        assert_eq!(store.set("a", [0; 4].into(), None, NOW), Ok(()));
        assert_eq!(store.set("b", [0; 4].into(), None, NOW), Ok(()));
        let full = Err(Problem::TooMany(Limit::Store));
        assert_eq!(store.set("a", [0; 5].into(), None, NOW), full);
        assert_eq!(store.set("a", [1; 4].into(), None, NOW), Ok(()));
        assert!(store.delete("b", NOW));
        assert_eq!(store.set("c", [0; 1].into(), None, NOW), Ok(()));
        let many = Err(Problem::TooMany(Limit::Keys));
        assert_eq!(store.set("d", [].into(), None, NOW), many.or(full));
        assert_eq!(store.get("a", NOW), Some(&[1; 4][..]));
    }

    #[test]
    fn a_sum_keeps_its_time_and_is_a_number_or_none() {
        let mut store = store(Limits::default());
        assert_eq!(store.add("n", -5, NOW), Ok(-5));
        assert_eq!(store.set("t", (*b"41").into(), Some(LATER), NOW), Ok(()));
        assert_eq!(store.add("t", 1, NOW), Ok(42));
        assert_eq!(store.add("t", 1, LATER), Ok(1));
        for wrong in [
            "",
            "1 ",
            "+1",
            "01",
            "-0",
            "1.0",
            "x",
            "9223372036854775808",
        ] {
            assert_eq!(store.set("w", wrong.as_bytes().into(), None, NOW), Ok(()));
            assert_eq!(store.add("w", 1, NOW), Err(Problem::NotANumber), "{wrong}");
        }
        assert_eq!(store.add("m", i64::MAX, NOW), Ok(i64::MAX));
        assert_eq!(store.add("m", 1, NOW), Err(Problem::NotANumber));
        assert_eq!(store.get("m", NOW), Some(i64::MAX.to_string().as_bytes()));
    }

    #[test]
    fn all_keys_of_a_prefix_come_page_by_page() {
        let mut store = store(Limits::default());
        for key in ["a", "b1", "b2", "b3", "c"] {
            assert_eq!(store.set(key, [].into(), None, NOW), Ok(()));
        }
        let first = store.keys("b", None, 2, NOW);
        assert_eq!(first.keys, ["b1", "b2"]);
        let second = store.keys("b", first.more.as_deref(), 2, NOW);
        assert_eq!((second.keys, second.more), (vec!["b3".to_owned()], None));
        assert_eq!(store.keys("", None, 10, NOW).keys.len(), 5);
    }
}
