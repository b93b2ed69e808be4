//! The tables of a store's file: what is kept, and when it expires.
//!
//! `NAMESPACE/values` has a key's value, after 8 bytes for when it expires in milliseconds since 1970, the largest
//! number where it never does; `NAMESPACE/expiring` has the keys that do, by when.

use crate::backend::{Namespaces, Page};
use crate::limits::{Limit, Limits};
use crate::memory::entry_size;
use crate::problem::Problem;
use crate::warning::Warnings;
use redb::{
    Database, ReadTransaction, ReadableDatabase as _, ReadableTable, ReadableTableMetadata as _,
    Table, TableDefinition, TableError, TableHandle as _, WriteTransaction,
};
use std::ops::Bound;
use std::sync::Arc;

/// What the name of a table of values ends with.
const VALUES: &str = "/values";
const NEVER: u64 = u64::MAX;

/// A change that can't be made, or a file that can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Problem(#[from] Problem),
    #[error("{0}")]
    File(Box<redb::Error>),
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::File(Box::new(error.into()))
    }
}

/// Of all files: a server has one.
static WARNINGS: Warnings = Warnings::new();

/// The log is told what plugins aren't.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Problem(problem) => problem,
            fault @ Fault::File(_) => {
                WARNINGS.warn(format_args!("the store's file can't be used: {fault}"));
                Self::AWAY
            }
        }
    }
}

/// What the tables of a namespace are called.
pub(super) struct Names {
    values: String,
    expiring: String,
}

impl Names {
    pub(super) fn new(namespace: &str) -> Self {
        Self {
            values: format!("{namespace}{VALUES}"),
            expiring: format!("{namespace}/expiring"),
        }
    }

    fn values(&self) -> TableDefinition<'_, &'static str, &'static [u8]> {
        TableDefinition::new(&self.values)
    }

    fn expiring(&self) -> TableDefinition<'_, (u64, &'static str), ()> {
        TableDefinition::new(&self.expiring)
    }
}

/// What a namespace takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Used {
    pub(super) bytes: usize,
    pub(super) keys: usize,
}

/// When it expires, and the value.
fn parse(stored: &[u8]) -> Option<(u64, &[u8])> {
    let (expires, value) = stored.split_first_chunk()?;
    Some((u64::from_le_bytes(*expires), value))
}

fn size(key: &str, value: usize, expires: u64) -> usize {
    entry_size(key, value, expires != NEVER)
}

/// What is in the file of a namespace. Nothing is made where there is none.
pub(super) fn count(database: &Database, names: &Names) -> Result<Used, Fault> {
    let mut used = Used::default();
    let Some(values) = values(&database.begin_read()?, names)? else {
        return Ok(used);
    };
    for entry in values.iter()? {
        let (key, stored) = entry?;
        if let Some((expires, value)) = parse(stored.value()) {
            used.bytes += size(key.value(), value.len(), expires);
            used.keys += 1;
        }
    }
    Ok(used)
}

/// Bytes of all that is in the file, under whatever name.
pub(super) fn stored(database: &Database) -> Result<usize, Fault> {
    let names = namespaces(&database.begin_read()?)?.names;
    names.iter().try_fold(0, |sum: usize, name| {
        Ok(sum.saturating_add(count(database, &Names::new(name))?.bytes))
    })
}

/// The names under which the file has something.
pub(super) fn namespaces(transaction: &ReadTransaction) -> Result<Namespaces, Fault> {
    let mut found = Namespaces::default();
    for table in transaction.list_tables()? {
        let Some(name) = table.name().strip_suffix(VALUES) else {
            continue;
        };
        if values(transaction, &Names::new(name))?.map_or(Ok(true), |values| values.is_empty())? {
            continue;
        }
        if found.names.len() == Namespaces::MOST {
            found.may_be_more = true;
            break;
        }
        found.names.push(name.to_owned());
    }
    found.names.sort();
    Ok(found)
}

type Values = redb::ReadOnlyTable<&'static str, &'static [u8]>;

/// `None` where nothing has ever been kept under that name.
fn values(transaction: &ReadTransaction, names: &Names) -> Result<Option<Values>, Fault> {
    match transaction.open_table(names.values()) {
        Ok(values) => Ok(Some(values)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The values, at one moment.
pub(super) struct Reading {
    values: Option<Values>,
    now: u64,
}

impl Reading {
    pub(super) fn new(
        transaction: &ReadTransaction,
        names: &Names,
        now: u64,
    ) -> Result<Self, Fault> {
        Ok(Self {
            values: values(transaction, names)?,
            now,
        })
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, Fault> {
        match &self.values {
            Some(values) => Ok(entry(values, key, self.now)?.map(|(value, _)| value)),
            None => Ok(None),
        }
    }

    /// In the order of the alphabet, so that `more` is the last key of the page before.
    pub(super) fn keys(
        &self,
        prefix: &str,
        more: Option<&str>,
        limit: usize,
    ) -> Result<Page, Fault> {
        let from = match more {
            Some(last) if last >= prefix => Bound::Excluded(last),
            _ => Bound::Included(prefix),
        };
        let mut page = Page::default();
        let Some(values) = &self.values else {
            return Ok(page);
        };
        let (mut last, mut seen) = (None, 0);
        // What is over takes a place too, so that a page is bounded work.
        for entry in values.range::<&str>((from, Bound::Unbounded))?.take(limit) {
            let (key, stored) = entry?;
            let key = key.value();
            if !key.starts_with(prefix) {
                break;
            }
            seen += 1;
            if parse(stored.value()).is_some_and(|(expires, _)| expires > self.now) {
                page.keys.push(key.to_owned());
            }
            last = Some(key.to_owned());
        }
        page.more = last.filter(|_| seen == limit);
        Ok(page)
    }
}

/// A value, and when it will be over.
type Entry = (Arc<[u8]>, Option<u64>);

/// What is there and is not over.
fn entry(
    values: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &str,
    now: u64,
) -> Result<Option<Entry>, Fault> {
    let Some(stored) = values.get(key)? else {
        return Ok(None);
    };
    Ok(parse(stored.value())
        .filter(|(expires, _)| *expires > now)
        .map(|(expires, value)| (value.into(), (expires != NEVER).then_some(expires))))
}

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
    ) -> Result<Self, Fault> {
        Ok(Self {
            values: transaction.open_table(names.values())?,
            expiring: transaction.open_table(names.expiring())?,
            used,
            now,
            limits,
        })
    }

    /// Removes so many entries that are over, at most. How many there were.
    pub(super) fn expire(&mut self, most: usize) -> Result<usize, Fault> {
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

    pub(super) fn entry(&self, key: &str) -> Result<Option<Entry>, Fault> {
        entry(&self.values, key, self.now)
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, Fault> {
        Ok(self.entry(key)?.map(|(value, _)| value))
    }

    pub(super) fn set(
        &mut self,
        key: &str,
        value: &[u8],
        expires: Option<u64>,
    ) -> Result<(), Fault> {
        let expires = expires.unwrap_or(NEVER);
        let new = size(key, value.len(), expires);
        while let Some(limit) = self.lacks_room(key, new)? {
            // What is over takes no room.
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

    /// Which limit has no room for so many bytes in the place of what the key has.
    fn lacks_room(&self, key: &str, new: usize) -> Result<Option<Limit>, Fault> {
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

    /// Removes a key. Whether there was one, that is not over.
    pub(super) fn remove(&mut self, key: &str) -> Result<bool, Fault> {
        Ok(self.take(key)?.is_some_and(|expires| expires > self.now))
    }

    /// Removes a key. When it was to expire, if there was one.
    fn take(&mut self, key: &str) -> Result<Option<u64>, Fault> {
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
    use crate::file::REMOVED_AT_ONCE;
    use redb::backends::InMemoryBackend;

    const NOW: u64 = 10;
    const LATER: u64 = 20;

    #[test]
    fn what_is_over_is_removed_a_part_at_a_time_and_is_not_there_before() -> Result<(), Fault> {
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
        // What is full of what is over has room.
        tables.used.keys = MANY;
        tables.set("new", b"1", None)?;
        assert_eq!(tables.get("new")?.as_deref(), Some(&b"1"[..]));
        assert_eq!(tables.used.keys, MANY);
        assert_eq!(tables.expire(MANY)?, MANY - REMOVED_AT_ONCE - 2);
        assert_eq!(tables.expire(MANY)?, 0);
        Ok(())
    }
}
