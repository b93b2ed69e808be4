//! Reads a store's tables, as they are at one moment.

use super::tables::{FileError, Names, Values, entry, parse, values};
use crate::backend::Page;
use redb::ReadTransaction;
use std::ops::Bound;
use std::sync::Arc;

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
    ) -> Result<Self, FileError> {
        Ok(Self {
            values: values(transaction, names)?,
            now,
        })
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, FileError> {
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
    ) -> Result<Page, FileError> {
        let from = match more {
            Some(last) if last >= prefix => Bound::Excluded(last),
            _ => Bound::Included(prefix),
        };
        let mut page = Page::default();
        let Some(values) = &self.values else {
            return Ok(page);
        };
        let (mut last, mut seen) = (None, 0);
        // An expired entry takes a place too, so that a page is bounded work.
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
