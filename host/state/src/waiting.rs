//! Events that wait, and their count in bytes: each event once, and each place in a queue.

use super::event::Event;
use super::limits::Limits;
use eco_fair::Account;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bytes that a place in a queue takes: a queue has twice as many as it needs while it grows.
pub(crate) const PLACE: usize = 2 * size_of::<Queued>();
/// One peer may have others hold this part of all that may wait, when half of all is taken.
/// Test: `mailbox::tests::who_has_others_hold_much_leaves_room_for_others`.
const LARGE_PART: usize = 8;

/// All that waits for the connections of one state.
#[derive(Debug)]
pub(crate) struct Total {
    bytes: AtomicUsize,
    /// How many bytes that may be.
    most: usize,
    /// Events that a mailbox had no room for, since the state was opened.
    missed: AtomicU64,
}

impl Total {
    /// Nothing yet.
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            bytes: AtomicUsize::new(0),
            most: limits.waiting,
            missed: AtomicU64::new(0),
        })
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Events that a mailbox had no room for.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// A mailbox has no room for an event.
    pub(crate) fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }
}

/// An event that waits, for one or for many. It counts for [`Limits::waiting`].
#[derive(Debug)]
pub(crate) struct Waiting {
    event: Event,
    /// Pays for the work that it causes others. `None`: each for itself.
    payer: Option<Arc<Account>>,
    size: usize,
    total: Arc<Total>,
}

impl Waiting {
    /// `None` where too much waits already.
    pub(crate) fn new(event: Event, payer: &Arc<Account>, total: &Arc<Total>) -> Option<Arc<Self>> {
        let waiting = Self::counted(event, Some(payer.clone()), total);
        // If it is dropped here, the drop uncounts it.
        waiting.has_room().then_some(waiting)
    }

    /// Whether no more waits than may. A payer that has others hold a large part has no more room when half is taken,
    /// so that all others have.
    pub(crate) fn has_room(&self) -> bool {
        let (waits, most) = (self.total.bytes(), self.total.most);
        let own = self.payer.as_ref().map_or(0, |payer| payer.held());
        waits <= most && (waits <= most / 2 || own <= most / LARGE_PART)
    }

    /// So many bytes more wait.
    fn count(&self, bytes: usize) {
        self.total.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Some(payer) = &self.payer {
            payer.hold(bytes);
        }
    }

    /// So many bytes less wait.
    fn uncount(&self, bytes: usize) {
        self.total.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(payer) = &self.payer {
            payer.release(bytes);
        }
    }

    /// Tells that events of a topic were left out. `count` is `None` where nobody knows how many.
    pub(crate) fn missed(topic: Arc<str>, count: Option<u64>, total: &Arc<Total>) -> Arc<Self> {
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

    fn counted(event: Event, payer: Option<Arc<Account>>, total: &Arc<Total>) -> Arc<Self> {
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

/// An event that a connection hears. Until it is dropped, its bytes count as waiting.
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
