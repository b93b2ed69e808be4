//! The queue of members that leave, until Redis knows.
//!
//! A member for which the queue has no room, or which Redis refuses to remove, is astray: it stays in Redis until a
//! later renewal of the lease looks for it.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Members that wait to leave while Redis is away: some MiB. Further ones are astray until it is back.
/// Test: `leaving::tests::what_there_is_no_room_for_is_astray`.
const WAITING: usize = 65_536;

/// See the module.
pub(super) struct Leaving {
    queue: Sender<Leave>,
    /// The members that leave, and how many topics each.
    who: Mutex<HashMap<Arc<str>, usize>>,
    /// Whether Redis may have members of this host that have left.
    astray: AtomicBool,
    /// Whether channels may be subscribed to of topics that have no member here.
    surplus: AtomicBool,
}

/// A leave that waits.
pub(super) enum Leave {
    /// A topic, and the id of a member.
    Member(Arc<str>, Arc<str>),
    /// A topic without members here.
    Topic(Arc<str>),
    /// Told when all before it are done.
    Flush(oneshot::Sender<()>),
}

/// The end of the queue at which Redis is told.
pub(super) struct Leaves(pub(super) Receiver<Leave>);

impl Leaving {
    pub(super) fn new() -> (Self, Leaves) {
        let (queue, leaves) = channel(WAITING);
        let leaving = Self {
            queue,
            who: Mutex::default(),
            astray: AtomicBool::new(false),
            surplus: AtomicBool::new(false),
        };
        (leaving, Leaves(leaves))
    }

    /// A member leaves, after all of its questions.
    pub(super) fn member(&self, topic: &Arc<str>, id: &Arc<str>) {
        *self.who.lock().entry(id.clone()).or_default() += 1;
        if self.is_full(Leave::Member(topic.clone(), id.clone())) {
            self.has_left(id);
            self.set_astray();
        }
    }

    /// A topic has no members here any more.
    pub(super) fn topic(&self, topic: &Arc<str>) {
        if self.is_full(Leave::Topic(topic.clone())) {
            self.surplus.store(true, Ordering::Release);
        }
    }

    /// Puts it in, if there is room. Whether there was none.
    fn is_full(&self, leave: Leave) -> bool {
        matches!(self.queue.try_send(leave), Err(TrySendError::Full(_)))
    }

    /// Whether somebody is leaving.
    pub(super) fn has(&self, id: &str) -> bool {
        self.who.lock().contains_key(id)
    }

    /// Waits until all members that leave have left.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Leave::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
    }

    /// A member has left one of its topics.
    pub(super) fn has_left(&self, id: &Arc<str>) {
        if let Entry::Occupied(mut topics) = self.who.lock().entry(id.clone()) {
            *topics.get_mut() -= 1;
            if *topics.get() == 0 {
                topics.remove();
            }
        }
    }

    /// Redis may have members of this host that have left.
    pub(super) fn set_astray(&self) {
        self.astray.store(true, Ordering::Release);
    }

    /// Whether Redis may have such members. From now on it has none, unless that is said again.
    pub(super) fn take_astray(&self) -> bool {
        self.astray.swap(false, Ordering::AcqRel)
    }

    /// The same for channels of topics without members here.
    pub(super) fn take_surplus(&self) -> bool {
        self.surplus.swap(false, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_there_is_no_room_for_is_astray() {
        let (leaving, mut leaves) = Leaving::new();
        let (topic, id): (Arc<str>, Arc<str>) = ("tea".into(), "h-1".into());
        for _ in 0..WAITING {
            leaving.member(&topic, &id);
        }
        assert!(!leaving.astray.load(Ordering::Acquire));
        for _ in 0..WAITING {
            leaving.member(&topic, &id);
        }
        assert!(leaving.astray.load(Ordering::Acquire));
        assert_eq!(leaving.who.lock().get(&id), Some(&WAITING));
        assert_eq!(leaves.0.len(), WAITING);
        let mut waiting = Vec::new();
        assert_eq!(leaves.0.recv_many(&mut waiting, WAITING).await, WAITING);
    }
}
