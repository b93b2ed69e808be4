//! A topic's members, as this host knows them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The labels of members, by their ids. Members that the bound leaves no room for are missing.
pub(super) struct MemberList {
    labels: HashMap<Arc<str>, Arc<str>>,
    count: Arc<MemberCount>,
}

/// Counts members of all topics together: no more than `--members`, whatever somebody publishes.
/// Test: `scenarios::forged_members_are_bounded`.
pub(super) struct MemberCount {
    most: usize,
    pub(super) now: AtomicUsize,
}

impl MemberCount {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let now = AtomicUsize::new(0);
        Arc::new(Self { most, now })
    }
}

impl MemberList {
    pub(super) fn new(count: &Arc<MemberCount>) -> Self {
        Self {
            labels: HashMap::new(),
            count: count.clone(),
        }
    }

    /// Puts a member in, or gives it another label. Whether it is new, and there was room for it.
    pub(super) fn insert(&mut self, id: &Arc<str>, label: &Arc<str>) -> bool {
        if self.rename(id, label) {
            return false;
        }
        // All callers hold the lock of the topics.
        let has_room = self.count.now.load(Ordering::Relaxed) < self.count.most;
        if has_room {
            self.count.now.fetch_add(1, Ordering::Relaxed);
            self.labels.insert(id.clone(), label.clone());
        }
        has_room
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.labels.contains_key(id)
    }

    /// Ids and labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.labels.iter()
    }

    /// Gives a member another label. Whether it is there.
    pub(super) fn rename(&mut self, id: &str, label: &Arc<str>) -> bool {
        let there = self.labels.get_mut(id);
        there.map(|there| there.clone_from(label)).is_some()
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<str>> {
        let removed = self.labels.remove(id)?;
        self.count.now.fetch_sub(1, Ordering::Relaxed);
        Some(removed)
    }
}

impl Drop for MemberList {
    fn drop(&mut self) {
        self.count
            .now
            .fetch_sub(self.labels.len(), Ordering::Relaxed);
    }
}
