//! What waits for one connection.

use super::event::Event;
use super::limits::Limits;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

/// An event that waits, for one or for many, and what it takes of [`Limits::waiting`].
#[derive(Debug)]
pub(crate) struct Waiting {
    event: Arc<Event>,
    size: usize,
    total: Arc<AtomicUsize>,
}

impl Waiting {
    /// `None` where too much waits already.
    pub(crate) fn new(
        event: Event,
        total: &Arc<AtomicUsize>,
        limits: &Limits,
    ) -> Option<Arc<Self>> {
        let size = event.size();
        let before = total.fetch_add(size, Ordering::Relaxed);
        let waiting = Arc::new(Self {
            event: Arc::new(event),
            size,
            total: total.clone(),
        });
        // Dropped, it is taken off again.
        (before.saturating_add(size) <= limits.waiting).then_some(waiting)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.total.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// The events that wait for one connection, in their order. Nobody who puts one in waits for it.
#[derive(Debug)]
pub struct Mailbox {
    events: usize,
    bytes: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<Waits>,
    /// Bytes in the queue.
    bytes: usize,
    /// What was left out of each topic since an event of it was last put in.
    missed: Vec<(Arc<str>, Count)>,
    waker: Option<Waker>,
}

#[derive(Debug)]
enum Waits {
    Event(Arc<Waiting>),
    /// What was left out here.
    Missed(Arc<str>, Count),
}

/// How many events were left out; `None` where nobody knows.
type Count = Option<u64>;

impl Mailbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            events: limits.mailbox_events,
            bytes: limits.mailbox,
            inner: Mutex::default(),
        }
    }

    /// Puts an event in, or counts it where there is no room.
    pub(crate) fn put(&self, waiting: &Arc<Waiting>) {
        let mut inner = self.inner.lock();
        let has_room = inner.queue.len() < self.events
            && inner.bytes.saturating_add(waiting.size) <= self.bytes;
        if has_room {
            inner.tell_missed(waiting.event.topic());
            inner.bytes += waiting.size;
            inner.queue.push_back(Waits::Event(waiting.clone()));
        } else {
            inner.miss(waiting.event.topic());
        }
        inner.wake();
    }

    /// Counts an event that nobody has room for.
    pub(crate) fn miss(&self, topic: &Arc<str>) {
        let mut inner = self.inner.lock();
        inner.miss(topic);
        inner.wake();
    }

    /// Events are missing, and nobody knows how many.
    pub(crate) fn miss_unknown(&self, topic: &Arc<str>) {
        let mut inner = self.inner.lock();
        match inner.missed.iter_mut().find(|(of, _)| of == topic) {
            Some((_, count)) => *count = None,
            None => inner.missed.push((topic.clone(), None)),
        }
        inner.wake();
    }

    /// The next event, if one waits.
    pub(crate) fn take(&self) -> Option<Arc<Event>> {
        let mut inner = self.inner.lock();
        let missed = |(topic, count)| Arc::new(Event::Missed { topic, count });
        match inner.queue.pop_front() {
            Some(Waits::Event(waiting)) => {
                inner.bytes -= waiting.size;
                Some(waiting.event.clone())
            }
            Some(Waits::Missed(topic, count)) => Some(missed((topic, count))),
            None => inner.missed.pop().map(missed),
        }
    }

    /// Ready when an event waits; else the task is woken when one comes.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut inner = self.inner.lock();
        if !inner.queue.is_empty() || !inner.missed.is_empty() {
            return Poll::Ready(());
        }
        match &mut inner.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Forgets what is of this topic.
    pub(crate) fn forget(&self, topic: &str) {
        let mut inner = self.inner.lock();
        let mut freed = 0;
        inner.queue.retain(|waits| match waits {
            Waits::Event(waiting) if **waiting.event.topic() == *topic => {
                freed += waiting.size;
                false
            }
            Waits::Missed(of, _) => **of != *topic,
            Waits::Event(_) => true,
        });
        inner.bytes -= freed;
        inner.missed.retain(|(of, _)| **of != *topic);
    }
}

impl Inner {
    fn miss(&mut self, topic: &Arc<str>) {
        match self.missed.iter_mut().find(|(of, _)| of == topic) {
            Some((_, count)) => *count = count.map(|count| count + 1),
            None => self.missed.push((topic.clone(), Some(1))),
        }
    }

    /// Puts in what was left out of a topic, before the next event of it. It takes no room: there is one for
    /// each event at most.
    fn tell_missed(&mut self, topic: &Arc<str>) {
        if let Some(place) = self.missed.iter().position(|(of, _)| of == topic) {
            let (topic, count) = self.missed.swap_remove(place);
            self.queue.push_back(Waits::Missed(topic, count));
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
