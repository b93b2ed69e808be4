//! Changes a store's tables, within one transaction.

use super::tables::{Entry, FileError, NEVER, Names, Used, entry, parse, size};
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use redb::{ReadableTable as _, Table, WriteTransaction};
use std::sync::Arc;

/// Expired entries that one transaction removes, unless it needs their room: changes wait for it. The rest are not
/// there for anybody, and go with the next transaction, which comes at once.
/// Test: `changes::tests::what_is_over_is_removed_a_part_at_a_time_and_is_not_there_before`.
pub(super) const REMOVED_AT_ONCE: usize = 1000;

/// The changes of one transaction.
pub(super) struct Changes<'a> {
    values: Table<'a, &'static str, &'static [u8]>,
    expiring: Table<'a, (u64, &'static str), ()>,
    pub(super) used: Used,
    now: u64,
    limits: &'a Limits,
}

impl<'a> Changes<'a> {
    pub(super) fn new(
        transaction: &'a WriteTransaction,
        names: &Names,
        used: Used,
        now: u64,
        limits: &'a Limits,
    ) -> Result<Self, FileError> {
        Ok(Self {
            values: transaction.open_table(names.values())?,
            expiring: transaction.open_table(names.expiring())?,
            used,
            now,
            limits,
        })
    }

    /// Removes so many expired entries, at most. Returns how many there were.
    pub(super) fn expire(&mut self, most: usize) -> Result<usize, FileError> {
        let mut over = Vec::new();
        let all = self.expiring.range(..(self.now.saturating_add(1), ""))?;
        for entry in all.take(most) {
            over.push(entry?.0.value().1.to_owned());
        }
        for key in &over {
            self.take(key)?;
        }
        Ok(over.len())
    }

    pub(super) fn entry(&self, key: &str) -> Result<Option<Entry>, FileError> {
        entry(&self.values, key, self.now)
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, FileError> {
        Ok(self.entry(key)?.map(|(value, _)| value))
    }

    pub(super) fn set(
        &mut self,
        key: &str,
        value: &[u8],
        expires: Option<u64>,
    ) -> Result<(), FileError> {
        let expires = expires.unwrap_or(NEVER);
        let new = size(key, value.len(), expires);
        while let Some(limit) = self.lacks_room(key, new)? {
            // An expired entry takes no room.
            if self.expire(1)? == 0 {
                return Err(Problem::TooMany(limit).into());
            }
        }
        self.take(key)?;
        let stored = [&expires.to_le_bytes(), value].concat();
        self.values.insert(key, &*stored)?;
        if expires != NEVER {
            self.expiring.insert((expires, key), ())?;
        }
        self.used.bytes += new;
        self.used.keys += 1;
        Ok(())
    }

    /// The limit that has no room for so many bytes in the place of the key's value.
    fn lacks_room(&self, key: &str, new: usize) -> Result<Option<Limit>, FileError> {
        let old = match self.values.get(key)? {
            Some(stored) => parse(stored.value()).map(|(ends, old)| size(key, old.len(), ends)),
            None => None,
        };
        let bytes = self.used.bytes.saturating_sub(old.unwrap_or(0)) + new;
        Ok(if bytes > self.limits.store {
            Some(Limit::Store)
        } else if old.is_none() && self.used.keys >= self.limits.keys {
            Some(Limit::Keys)
        } else {
            None
        })
    }

    /// Removes a key. Whether there was one that has not expired.
    pub(super) fn remove(&mut self, key: &str) -> Result<bool, FileError> {
        Ok(self.take(key)?.is_some_and(|expires| expires > self.now))
    }

    /// Removes a key. Returns the time at which it was to expire, if there was one.
    fn take(&mut self, key: &str) -> Result<Option<u64>, FileError> {
        let Some(stored) = self.values.remove(key)? else {
            return Ok(None);
        };
        let Some((expires, value)) = parse(stored.value()) else {
            return Ok(None);
        };
        self.used.bytes = self
            .used
            .bytes
            .saturating_sub(size(key, value.len(), expires));
        self.used.keys = self.used.keys.saturating_sub(1);
        if expires != NEVER {
            self.expiring.remove((expires, key))?;
        }
        Ok(Some(expires))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::Database;
    use redb::backends::InMemoryBackend;

    const NOW: u64 = 10;
    const LATER: u64 = 20;

    #[test]
    fn what_is_over_is_removed_a_part_at_a_time_and_is_not_there_before() -> Result<(), FileError> {
        const MANY: usize = REMOVED_AT_ONCE + 500;
        let limits = Limits {
            keys: MANY,
            ..Limits::default()
        };
        let database = Database::builder().create_with_backend(InMemoryBackend::new())?;
        let names = Names::new("n");
        let transaction = database.begin_write()?;
        let mut used = Used::default();
        {
            let mut tables = Changes::new(&transaction, &names, used, NOW, &limits)?;
            for key in 0..MANY {
                tables.set(&format!("{key:04}"), b"7", Some(LATER))?;
            }
            used = tables.used;
        }
        let mut tables = Changes::new(&transaction, &names, used, LATER, &limits)?;
        assert_eq!(tables.expire(REMOVED_AT_ONCE)?, REMOVED_AT_ONCE);
        assert_eq!(tables.used.keys, MANY - REMOVED_AT_ONCE);
        // The first that go are those that are over first.
        assert_eq!(tables.get("1499")?, None);
        assert!(!tables.remove("1499")?);
        assert_eq!(tables.entry("1498")?, None);
        // A store that is full of expired entries has room.
        tables.used.keys = MANY;
        tables.set("new", b"1", None)?;
        assert_eq!(tables.get("new")?.as_deref(), Some(&b"1"[..]));
        assert_eq!(tables.used.keys, MANY);
        assert_eq!(tables.expire(MANY)?, MANY - REMOVED_AT_ONCE - 2);
        assert_eq!(tables.expire(MANY)?, 0);
        Ok(())
    }
}
