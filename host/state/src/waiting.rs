//! Events that wait, and their count in bytes: each event once, and each place in a queue.

use super::event::Event;
use super::limits::Limits;
use eco_fair::Account;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that a place in a queue takes: a queue has twice as many as it needs while it grows.
pub(crate) const PLACE: usize = 2 * size_of::<Queued>();
/// One peer may have others hold this part of all that may wait, when half of all is taken.
/// Test: `mailbox::tests::who_has_others_hold_much_leaves_room_for_others`.
const LARGE_PART: usize = 8;

/// An event that waits, for one or for many. It counts for [`Limits::waiting`].
#[derive(Debug)]
pub(crate) struct Waiting {
    event: Event,
    /// Pays for the work that it causes others. `None`: each for itself.
    payer: Option<Arc<Account>>,
    size: usize,
    total: Arc<AtomicUsize>,
}

impl Waiting {
    /// `None` where too much waits already.
    pub(crate) fn new(
        event: Event,
        payer: &Arc<Account>,
        total: &Arc<AtomicUsize>,
        limits: &Limits,
    ) -> Option<Arc<Self>> {
        let waiting = Self::counted(event, Some(payer.clone()), total);
        // If it is dropped here, the drop uncounts it.
        waiting.has_room(limits.waiting).then_some(waiting)
    }

    /// Whether no more waits than may. A payer that has others hold a large part has no more room when half is taken,
    /// so that all others have.
    pub(crate) fn has_room(&self, most: usize) -> bool {
        let waits = self.total.load(Ordering::Relaxed);
        let own = self.payer.as_ref().map_or(0, |payer| payer.held());
        waits <= most && (waits <= most / 2 || own <= most / LARGE_PART)
    }

    /// So many bytes more wait.
    fn count(&self, bytes: usize) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        if let Some(payer) = &self.payer {
            payer.hold(bytes);
        }
    }

    /// So many bytes less wait.
    fn uncount(&self, bytes: usize) {
        self.total.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(payer) = &self.payer {
            payer.release(bytes);
        }
    }

    /// Tells that events of a topic were left out. `count` is `None` where nobody knows how many.
    pub(crate) fn missed(
        topic: Arc<str>,
        count: Option<u64>,
        total: &Arc<AtomicUsize>,
    ) -> Arc<Self> {
        Self::counted(Event::Missed { topic, count }, None, total)
    }

    /// The topic of the event.
    pub(crate) fn topic(&self) -> &Arc<str> {
        self.event.topic()
    }

    /// Pays for the work that it causes. `None`: each connection's own peer.
    pub(crate) fn payer(&self) -> Option<&Arc<Account>> {
        self.payer.as_ref()
    }

    /// Bytes that it takes, without its places.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    fn counted(event: Event, payer: Option<Arc<Account>>, total: &Arc<AtomicUsize>) -> Arc<Self> {
        // With the counts of references, and the allocator's own bytes.
        let size = size_of::<Self>() + 32 + event.texts();
        let waiting = Self {
            event,
            payer,
            size,
            total: total.clone(),
        };
        waiting.count(size);
        Arc::new(waiting)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.uncount(self.size);
    }
}

/// A place in a queue, counted while it is there.
#[derive(Debug)]
pub(crate) struct Queued(Arc<Waiting>);

impl Queued {
    pub(crate) fn new(waiting: Arc<Waiting>) -> Self {
        waiting.count(PLACE);
        Self(waiting)
    }

    /// The event that waits there.
    pub(crate) fn waiting(&self) -> &Arc<Waiting> {
        &self.0
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.uncount(PLACE);
    }
}

/// An event that a connection hears.
#[derive(Debug)]
pub struct Heard(Arc<Waiting>);

impl From<Arc<Waiting>> for Heard {
    fn from(waiting: Arc<Waiting>) -> Self {
        Self(waiting)
    }
}

impl Heard {
    /// Pays for the work that it causes the connection. `None`: its own peer.
    pub fn payer(&self) -> Option<&Arc<Account>> {
        self.0.payer()
    }
}

impl Deref for Heard {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.0.event
    }
}
