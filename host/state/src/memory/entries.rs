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
mod tests {
    use super::*;
    use crate::entry::ENTRY;

    const NOW: Duration = Duration::from_secs(10);
    const LATER: Duration = Duration::from_secs(20);

    fn new(limits: Limits) -> Entries {
        Entries::new(&limits)
    }

    impl Entries {
        fn put(
            &mut self,
            key: &str,
            value: &[u8],
            expires: Option<Duration>,
            now: Duration,
        ) -> Result<(), Problem> {
            self.set(&key.into(), &value.into(), expires, now)
        }

        fn read(&self, key: &str, now: Duration) -> Option<Vec<u8>> {
            self.get(key, now).map(|value| value.to_vec())
        }

        fn names(&self, now: Duration) -> Vec<String> {
            let found = self.keys("", None, usize::MAX, now).keys;
            found.iter().map(ToString::to_string).collect()
        }
    }

    #[test]
    fn a_value_is_there_until_its_time_is_over_and_its_room_is_free_then() {
        let mut entries = new(Limits {
            keys: 1,
            ..Limits::default()
        });
        assert_eq!(entries.put("a", b"1", Some(LATER), NOW), Ok(()));
        assert_eq!(entries.read("a", NOW), Some(b"1".to_vec()));
        assert_eq!(entries.read("a", LATER), None);
        assert_eq!(entries.put("b", b"2", None, LATER), Ok(()));
        assert_eq!(entries.names(LATER), ["b"]);
        assert!(entries.expiring.is_empty());
    }

    #[test]
    fn what_is_full_refuses_and_loses_nothing() {
        let mut entries = new(Limits {
            store: 2 * ENTRY + 10,
            keys: 2,
            ..Limits::default()
        });
        assert_eq!(entries.put("a", &[0; 4], None, NOW), Ok(()));
        assert_eq!(entries.put("b", &[0; 4], None, NOW), Ok(()));
        let full = Err(Problem::TooMany(Limit::Store));
        assert_eq!(entries.put("a", &[0; 5], None, NOW), full);
        assert_eq!(entries.put("a", &[1; 4], None, NOW), Ok(()));
        assert!(entries.delete("b", NOW));
        assert_eq!(entries.put("c", &[0; 1], None, NOW), Ok(()));
        let many = Err(Problem::TooMany(Limit::Keys));
        assert_eq!(entries.put("d", &[], None, NOW), many.or(full));
        assert_eq!(entries.read("a", NOW), Some(vec![1; 4]));
    }

    #[test]
    fn a_sum_keeps_its_time_and_is_a_number_or_none() {
        let mut entries = new(Limits::default());
        let [n, t, w, m] = ["n", "t", "w", "m"].map(Arc::<str>::from);
        assert_eq!(entries.add(&n, -5, NOW), Ok(-5));
        assert_eq!(entries.put("t", b"41", Some(LATER), NOW), Ok(()));
        assert_eq!(entries.add(&t, 1, NOW), Ok(42));
        assert_eq!(entries.add(&t, 1, LATER), Ok(1));
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
            assert_eq!(entries.put("w", wrong.as_bytes(), None, NOW), Ok(()));
            assert_eq!(entries.add(&w, 1, NOW), Err(Problem::NotANumber), "{wrong}");
        }
        assert_eq!(entries.add(&m, i64::MAX, NOW), Ok(i64::MAX));
        assert_eq!(entries.add(&m, 1, NOW), Err(Problem::NotANumber));
        let most = i64::MAX.to_string().into_bytes();
        assert_eq!(entries.read("m", NOW), Some(most));
    }

    #[test]
    fn all_keys_of_a_prefix_come_page_by_page() {
        let mut entries = new(Limits::default());
        for key in ["a", "b1", "b2", "b3", "c"] {
            assert_eq!(entries.put(key, &[], None, NOW), Ok(()));
        }
        let first = entries.keys("b", None, 2, NOW);
        assert_eq!(first.keys, ["b1", "b2"].map(Arc::<str>::from));
        let second = entries.keys("b", first.more.as_deref(), 2, NOW);
        assert_eq!(
            (second.keys, second.more),
            (vec![Arc::<str>::from("b3")], None)
        );
        assert_eq!(entries.names(NOW).len(), 5);
    }

    #[test]
    fn a_value_is_shared_and_what_is_removed_is_left_to_be_freed() {
        let mut entries = new(Limits::default());
        let value: Arc<[u8]> = vec![1; 1 << 20].into();
        let key: Arc<str> = "a".into();
        assert_eq!(entries.set(&key, &value, None, NOW), Ok(()));
        let read = entries.get("a", NOW).expect("it is there");
        assert!(Arc::ptr_eq(&read, &value));
        // A replacement, and a removal.
        assert_eq!(entries.set(&key, &[].into(), None, NOW), Ok(()));
        assert!(entries.delete("a", NOW));
        let removed = entries.take_removed();
        assert_eq!(removed.len(), 2);
        let first = removed.first().expect("there are two");
        assert!(Arc::ptr_eq(first, &value));
        // A refused value is still its caller's.
        entries.most_bytes = 0;
        assert!(entries.set(&key, &value, None, NOW).is_err());
        // This one, the one that was read, and the removed one.
        assert_eq!(Arc::strong_count(&value), 3);
    }

    #[test]
    fn a_value_that_was_seen_is_replaced_if_nobody_has_changed_it_since() {
        let mut entries = new(Limits::default());
        let key: Arc<str> = "a".into();
        let [one, same, two]: [Arc<[u8]>; 3] = [b"1", b"1", b"2"].map(|value| value[..].into());
        assert_eq!(
            entries.replace(&key, Some(&one), Some(&two), NOW),
            Ok(false)
        );
        assert_eq!(entries.replace(&key, None, Some(&one), NOW), Ok(true));
        assert_eq!(entries.replace(&key, None, Some(&two), NOW), Ok(false));
        // Another one with the same bytes: the caller looks again.
        assert_eq!(
            entries.replace(&key, Some(&same), Some(&two), NOW),
            Ok(false)
        );
        assert_eq!(entries.replace(&key, Some(&one), Some(&two), NOW), Ok(true));
        assert_eq!(entries.replace(&key, Some(&two), None, NOW), Ok(true));
        assert_eq!(entries.put("a", b"3", Some(LATER), NOW), Ok(()));
        assert_eq!(entries.replace(&key, None, Some(&one), LATER), Ok(true));
        assert_eq!(entries.read("a", LATER), Some(b"1".to_vec()));
    }

    #[test]
    fn what_is_over_is_removed_a_few_at_a_time_and_is_not_there_before() {
        const MANY: usize = 1000;
        let full = || {
            let mut entries = new(Limits {
                keys: MANY,
                store: MANY * (2 * ENTRY + 4),
                ..Limits::default()
            });
            for key in 0..MANY {
                let key = format!("{key:03}");
                assert_eq!(entries.put(&key, b"7", Some(LATER), NOW), Ok(()));
            }
            entries
        };
        // The first that go are those that are over first, so that this one is among the last.
        let last: Arc<str> = "999".into();
        let none = |entries: &Entries| {
            assert_eq!(entries.read(&last, LATER), None);
            assert_eq!(entries.names(LATER), Vec::<String>::new());
        };
        let mut entries = full();
        none(&entries);
        assert!(!entries.delete(&last, LATER));
        assert_eq!(entries.entries.len(), MANY - REMOVED_AT_ONCE - 1);
        none(&entries);
        assert_eq!(entries.replace(&last, None, None, LATER), Ok(true));
        let mut entries = full();
        assert_eq!(entries.add(&last, 5, LATER), Ok(5));
        assert_eq!(entries.entries.len(), MANY - REMOVED_AT_ONCE);
        assert_eq!(entries.read(&last, LATER), Some(b"5".to_vec()));
        assert_eq!(entries.names(LATER), ["999"]);
        // It is for ever, as 5 is of a new key.
        assert_eq!(entries.read(&last, 2 * LATER), Some(b"5".to_vec()));
        let mut entries = full();
        let large = vec![0; 100 * ENTRY];
        assert_eq!(entries.put("large", &large, None, LATER), Ok(()));
        // As many as it needs the room of.
        let left = entries.entries.len();
        assert!((MANY - 100..MANY - 40).contains(&left), "{left}");
        let all = vec![0; entries.most_bytes - ENTRY - 5];
        assert_eq!(entries.put("large", &all, None, LATER), Ok(()));
        assert_eq!(entries.entries.len(), 1);
    }
}
