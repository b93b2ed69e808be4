//! Topics of which a message may be lost, and whose members haven't been told.

use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;

/// Topics that it holds while Redis refuses all. Each is told at the next renewal of the lease. Bounded, because
/// plugins choose names; losses in further topics go unannounced.
const TOPICS: usize = 10_000;

/// See the module.
#[derive(Default)]
pub(super) struct Losses(Mutex<HashSet<Arc<str>>>);

impl Losses {
    pub(super) fn has(&self, topic: &Arc<str>) -> bool {
        self.0.lock().contains(topic)
    }

    pub(super) fn topics(&self) -> Vec<Arc<str>> {
        self.0.lock().iter().cloned().collect()
    }

    pub(super) fn remove(&self, topic: &Arc<str>) {
        self.0.lock().remove(topic);
    }

    /// A message of this topic goes to Redis.
    pub(super) fn unconfirmed<'a>(&'a self, topic: &'a Arc<str>) -> Unconfirmed<'a> {
        Unconfirmed {
            losses: self,
            topic,
        }
    }
}

/// A message on its way. Dropped before it is confirmed, it counts as lost.
pub(super) struct Unconfirmed<'a> {
    losses: &'a Losses,
    topic: &'a Arc<str>,
}

impl Unconfirmed<'_> {
    /// Redis has it.
    pub(super) fn confirm(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unconfirmed<'_> {
    fn drop(&mut self) {
        let mut lossy = self.losses.0.lock();
        if lossy.len() < TOPICS {
            lossy.insert(self.topic.clone());
        }
    }
}
