//! The tables of a store's file: values, and the times at which they expire.
//!
//! `NAMESPACE/values` has a key's value, after 8 bytes for when it expires in milliseconds since 1970, the largest
//! number where it never does; `NAMESPACE/expiring` has the keys that do, by when.

use crate::backend::Namespaces;
use crate::counters::StoreCounts;
use crate::entry::entry_size;
use crate::problem::Problem;
use crate::warning::Warnings;
use redb::{
    Database, ReadTransaction, ReadableDatabase as _, ReadableTable, ReadableTableMetadata as _,
    TableDefinition, TableError, TableHandle as _,
};
use std::sync::Arc;

/// The end of the name of a table of values.
const VALUES: &str = "/values";
pub(super) const NEVER: u64 = u64::MAX;

/// A change that can't be made, or a file that can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Database(Box<redb::Error>),
}

impl<E: Into<redb::Error>> From<E> for FileError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}

/// For all files: a server has one.
static WARNINGS: Warnings = Warnings::new();

/// The log has the cause, and plugins don't.
impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Problem(problem) => problem,
            error @ FileError::Database(_) => {
                WARNINGS.warn(format_args!("the store's file can't be used: {error}"));
                Self::AWAY
            }
        }
    }
}

/// The names of a namespace's tables.
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

    pub(super) fn values(&self) -> TableDefinition<'_, &'static str, &'static [u8]> {
        TableDefinition::new(&self.values)
    }

    pub(super) fn expiring(&self) -> TableDefinition<'_, (u64, &'static str), ()> {
        TableDefinition::new(&self.expiring)
    }
}

/// The room that a namespace takes.
pub(super) type Used = StoreCounts;

/// The time at which a stored value expires, and the value.
pub(super) fn parse(stored: &[u8]) -> Option<(u64, &[u8])> {
    let (expires, value) = stored.split_first_chunk()?;
    Some((u64::from_le_bytes(*expires), value))
}

/// Bytes that an entry counts for.
pub(super) fn size(key: &str, value: usize, expires: u64) -> usize {
    entry_size(key, value, expires != NEVER)
}

/// The room that a namespace takes in the file. No table is made where there is none.
pub(super) fn count(database: &Database, names: &Names) -> Result<Used, FileError> {
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

/// Bytes of all entries in the file, of all namespaces.
pub(super) fn stored(database: &Database) -> Result<usize, FileError> {
    let names = namespaces(&database.begin_read()?)?.names;
    names.iter().try_fold(0, |sum: usize, name| {
        Ok(sum.saturating_add(count(database, &Names::new(name))?.bytes))
    })
}

/// The names under which the file has something.
pub(super) fn namespaces(transaction: &ReadTransaction) -> Result<Namespaces, FileError> {
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

pub(super) type Values = redb::ReadOnlyTable<&'static str, &'static [u8]>;

/// `None` where nothing has ever been kept under that name.
pub(super) fn values(
    transaction: &ReadTransaction,
    names: &Names,
) -> Result<Option<Values>, FileError> {
    match transaction.open_table(names.values()) {
        Ok(values) => Ok(Some(values)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A value, and the time at which it expires.
pub(super) type Entry = (Arc<[u8]>, Option<u64>);

/// An entry that is there and not expired.
pub(super) fn entry(
    values: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &str,
    now: u64,
) -> Result<Option<Entry>, FileError> {
    let Some(stored) = values.get(key)? else {
        return Ok(None);
    };
    Ok(parse(stored.value())
        .filter(|(expires, _)| *expires > now)
        .map(|(expires, value)| (value.into(), (expires != NEVER).then_some(expires))))
}
