//! A map that can only be looked up in.
//!
//! The order of a `HashMap` is another in each process, and plugins are judged by their output, which may depend on it.
//! So this map has no way to go through all of it.

use std::borrow::Borrow;
#[expect(clippy::disallowed_types, reason = "nobody can go through it")]
use std::collections::HashMap;
use std::hash::Hash;

/// Values by their keys.
#[expect(clippy::disallowed_types, reason = "nobody can go through it")]
pub(super) struct Lookup<K, V>(HashMap<K, V>);

/// Empty.
impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Self(Default::default())
    }
}

impl<K: Eq + Hash, V> Lookup<K, V> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.get(key)
    }

    /// The value of a key, which is made if there is none.
    pub(super) fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.0.entry(key).or_default()
    }

    pub(super) fn remove<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.remove(key);
    }
}
