//! A connection's use of the store, within the limits of keys and values.

use super::Participant;
use crate::backend::{Page, StoreBackend};
use crate::limits::Limit;
use crate::problem::Problem;
use std::sync::Arc;
use std::time::Duration;

impl Participant {
    /// See [`StoreBackend::get`].
    pub async fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, Problem> {
        self.check_key(key)?;
        self.store().get(key).await
    }

    /// See [`StoreBackend::set`].
    pub async fn set(
        &self,
        key: &str,
        value: &[u8],
        time_to_live: Option<Duration>,
    ) -> Result<(), Problem> {
        self.check_key(key)?;
        self.check_value(value)?;
        self.store().set(key, value, time_to_live).await
    }

    /// See [`StoreBackend::compare_and_set`].
    pub async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem> {
        self.check_key(key)?;
        for value in [expected, new].into_iter().flatten() {
            self.check_value(value)?;
        }
        self.store().compare_and_set(key, expected, new).await
    }

    /// See [`StoreBackend::add`].
    pub async fn add(&self, key: &str, delta: i64) -> Result<i64, Problem> {
        self.check_key(key)?;
        self.store().add(key, delta).await
    }

    /// See [`StoreBackend::delete`].
    pub async fn delete(&self, key: &str) -> Result<bool, Problem> {
        self.check_key(key)?;
        self.store().delete(key).await
    }

    /// See [`StoreBackend::keys`].
    pub async fn keys(
        &self,
        prefix: &str,
        more: Option<&str>,
        limit: usize,
    ) -> Result<Page, Problem> {
        self.check_key(prefix)?;
        self.check_key(more.unwrap_or_default())?;
        self.store().keys(prefix, more, limit).await
    }

    fn store(&self) -> &dyn StoreBackend {
        &*self.backends.store
    }

    fn check_key(&self, key: &str) -> Result<(), Problem> {
        Limit::Key.admit(key.len(), &self.backends.limits)
    }

    fn check_value(&self, value: &[u8]) -> Result<(), Problem> {
        Limit::Value.admit(value.len(), &self.backends.limits)
    }
}
