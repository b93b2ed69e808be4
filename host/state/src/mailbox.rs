//! What waits for one connection.

use super::event::Event;
use super::limits::Limits;
use eco_fair::Account;
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

/// Bytes that a place in a queue takes, which is as large as two of them while it grows.
const PLACE: usize = 2 * size_of::<Queued>();
/// The part of all that may wait which one peer may have others hold, when half of that is taken.
/// Test: `mailbox::tests::who_has_others_hold_much_leaves_room_for_others`.
const LARGE_PART: usize = 8;
/// Places that an empty queue keeps for later.
const KEPT: usize = 64;

/// An event that waits, for one or for many, and what it takes of [`Limits::waiting`].
#[derive(Debug)]
pub(crate) struct Waiting {
    event: Event,
    /// Who pays for what it makes others do. `None`: each for itself.
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
        // Dropped, it is taken off again.
        waiting.has_room(limits.waiting).then_some(waiting)
    }

    /// Whether no more waits than may. One who has others hold a large part of that has no more room when half of it is
    /// taken, so that all others have.
    fn has_room(&self, most: usize) -> bool {
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

    fn counted(event: Event, payer: Option<Arc<Account>>, total: &Arc<AtomicUsize>) -> Arc<Self> {
        // With the counts of references, and what the allocator needs.
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

/// An event in a queue, with what its place there takes.
#[derive(Debug)]
struct Queued(Arc<Waiting>);

impl Queued {
    fn new(waiting: Arc<Waiting>) -> Self {
        waiting.count(PLACE);
        Self(waiting)
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

impl Heard {
    /// Who pays for what it makes the connection do. `None`: its own peer.
    pub fn payer(&self) -> Option<&Arc<Account>> {
        self.0.payer.as_ref()
    }
}

impl Deref for Heard {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.0.event
    }
}

/// The events that wait for one connection, in their order. Nobody who puts one in waits for it.
#[derive(Debug)]
pub struct Mailbox {
    events: usize,
    bytes: usize,
    /// Bytes of all that waits, for others too, and how many that may be.
    total: Arc<AtomicUsize>,
    most: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<Queued>,
    /// Bytes in the queue.
    bytes: usize,
    /// What was left out of each topic since an event of it was last put in.
    missed: Vec<(Arc<str>, Count)>,
    waker: Option<Waker>,
}

/// How many events were left out; `None` where nobody knows.
type Count = Option<u64>;

impl Mailbox {
    /// `total` is what waits for all.
    pub(crate) fn new(limits: &Limits, total: &Arc<AtomicUsize>) -> Self {
        Self {
            events: limits.mailbox_events,
            bytes: limits.mailbox,
            total: total.clone(),
            most: limits.waiting,
            inner: Mutex::default(),
        }
    }

    /// Puts an event in, or counts it where there is no room.
    pub(crate) fn put(&self, waiting: &Arc<Waiting>) {
        let queued = Queued::new(waiting.clone());
        let has_place = waiting.has_room(self.most);
        let mut inner = self.inner.lock();
        let has_room = has_place
            && inner.queue.len() < self.events
            && inner.bytes.saturating_add(waiting.size) <= self.bytes;
        if has_room {
            inner.tell_missed(waiting.event.topic(), &self.total);
            inner.push(queued);
        } else {
            inner.miss(waiting.event.topic());
        }
        Inner::wake(inner);
    }

    /// Counts an event that nobody has room for.
    pub(crate) fn miss(&self, topic: &Arc<str>) {
        let mut inner = self.inner.lock();
        inner.miss(topic);
        Inner::wake(inner);
    }

    /// Events are missing, and nobody knows how many.
    pub(crate) fn miss_unknown(&self, topic: &Arc<str>) {
        let mut inner = self.inner.lock();
        match inner.missed.iter_mut().find(|(of, _)| of == topic) {
            Some((_, count)) => *count = None,
            None => inner.missed.push((topic.clone(), None)),
        }
        Inner::wake(inner);
    }

    /// The next event, if one waits.
    pub(crate) fn take(&self) -> Option<Heard> {
        let mut inner = self.inner.lock();
        if let Some(queued) = inner.queue.pop_front() {
            inner.bytes -= queued.0.size;
            if inner.queue.is_empty() && inner.queue.capacity() > KEPT {
                inner.queue = VecDeque::new();
            }
            drop(inner);
            return Some(Heard(queued.0.clone()));
        }
        let missed = inner.missed.pop()?;
        drop(inner);
        Some(Heard(missing(missed, &self.total)))
    }

    /// Ready when an event waits, with who pays for it; else the task is woken when one comes.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Option<Arc<Account>>> {
        let mut inner = self.inner.lock();
        if let Some(Queued(next)) = inner.queue.front() {
            return Poll::Ready(next.payer.clone());
        }
        if !inner.missed.is_empty() {
            return Poll::Ready(None);
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
        let (of_it, others): (VecDeque<_>, _) = std::mem::take(&mut inner.queue)
            .into_iter()
            .partition(|queued: &Queued| **queued.0.event.topic() == *topic);
        inner.queue = others;
        inner.bytes -= of_it.iter().map(|queued| queued.0.size).sum::<usize>();
        inner.missed.retain(|(of, _)| **of != *topic);
        // What was its last place is freed without the lock.
        drop(inner);
    }
}

/// What tells that events were left out.
fn missing((topic, count): (Arc<str>, Count), total: &Arc<AtomicUsize>) -> Arc<Waiting> {
    Waiting::counted(Event::Missed { topic, count }, None, total)
}

impl Inner {
    fn push(&mut self, queued: Queued) {
        self.bytes += queued.0.size;
        self.queue.push_back(queued);
    }

    fn miss(&mut self, topic: &Arc<str>) {
        match self.missed.iter_mut().find(|(of, _)| of == topic) {
            Some((_, count)) => *count = count.map(|count| count + 1),
            None => self.missed.push((topic.clone(), Some(1))),
        }
    }

    /// Puts in what was left out of a topic, before the next event of it. There is always room for it: there is one for
    /// each event at most.
    fn tell_missed(&mut self, topic: &Arc<str>, total: &Arc<AtomicUsize>) {
        if let Some(place) = self.missed.iter().position(|(of, _)| of == topic) {
            let missed = self.missed.swap_remove(place);
            self.push(Queued::new(missing(missed, total)));
        }
    }

    /// Wakes whoever waits, when the lock is let go.
    fn wake(mut inner: MutexGuard<'_, Self>) {
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Event {
        let text: Arc<str> = "t".into();
        Event::Message {
            topic: text.clone(),
            from: crate::event::Member {
                id: text.clone(),
                label: text,
            },
            data: vec![0; bytes].into(),
        }
    }

    #[test]
    fn all_that_an_event_takes_is_counted_once_and_each_of_its_places_until_it_is_heard() {
        let (limits, total) = (Limits::default(), Arc::default());
        let mailboxes = [(); 1000].map(|()| Mailbox::new(&limits, &total));
        let waiting =
            Waiting::new(message(100), &Arc::default(), &total, &limits).expect("there is room");
        let once = total.load(Ordering::Relaxed);
        assert!(once >= 100 + size_of::<Waiting>(), "{once}");
        for mailbox in &mailboxes {
            mailbox.put(&waiting);
        }
        drop(waiting);
        assert_eq!(total.load(Ordering::Relaxed), once + 1000 * PLACE);
        let (heard, forgotten) = mailboxes.split_at(500);
        for mailbox in heard {
            assert!(mailbox.take().is_some());
        }
        assert_eq!(total.load(Ordering::Relaxed), once + 500 * PLACE);
        for mailbox in forgotten {
            mailbox.forget("t");
        }
        assert_eq!(total.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn places_have_a_limit_too_and_who_finds_none_misses_the_event() {
        let limits = Limits {
            waiting: 4000,
            ..Limits::default()
        };
        let total = Arc::default();
        let mailboxes = [(); 1000].map(|()| Mailbox::new(&limits, &total));
        let waiting =
            Waiting::new(message(1), &Arc::default(), &total, &limits).expect("there is room");
        for mailbox in &mailboxes {
            mailbox.put(&waiting);
        }
        assert!(total.load(Ordering::Relaxed) <= 4000);
        let missed = mailboxes.iter().filter_map(Mailbox::take);
        let missed = missed.filter(|heard| matches!(**heard, Event::Missed { .. }));
        assert!(missed.count() > 700);
    }

    #[test]
    fn who_has_others_hold_much_leaves_room_for_others() {
        let limits = Limits {
            waiting: 100_000,
            ..Limits::default()
        };
        let (total, greedy, other) = (Arc::default(), Arc::default(), Arc::default());
        let say = |payer| Waiting::new(message(1000), payer, &total, &limits);
        let held: Vec<_> = std::iter::from_fn(|| say(&greedy)).collect();
        let most = total.load(Ordering::Relaxed);
        assert!(most > 48_000 && most <= 50_000, "{most}");
        assert!(say(&greedy).is_none() && say(&other).is_some());
        drop(held);
        assert!(say(&greedy).is_some());
        assert_eq!(greedy.held(), 0);
    }

    #[test]
    fn a_queue_that_was_long_gives_its_places_back() {
        let (limits, total) = (Limits::default(), Arc::default());
        let mailbox = Mailbox::new(&limits, &total);
        let waiting =
            Waiting::new(message(1), &Arc::default(), &total, &limits).expect("there is room");
        for _ in 0..1000 {
            mailbox.put(&waiting);
        }
        while mailbox.take().is_some() {}
        assert!(mailbox.inner.lock().queue.capacity() <= KEPT);
    }
}
