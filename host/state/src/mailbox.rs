//! The mailbox of one connection.

use super::event::Event;
use super::limits::Limits;
use super::waiting::{Heard, Queued, Total, Waiting};
use eco_fair::Account;
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Places that an empty queue keeps for later.
const KEPT: usize = 64;

/// The events that wait for one connection, in their order. Putting one in never waits.
#[derive(Debug)]
pub(crate) struct Mailbox {
    events: usize,
    bytes: usize,
    /// All that waits, for others too.
    total: Arc<Total>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Queued>,
    /// Bytes in the queue.
    bytes: usize,
    /// Events of each topic that were left out since its last event.
    missed: Vec<(Arc<str>, Count)>,
    waker: Option<Waker>,
}

/// How many events were left out; `None` where nobody knows.
type Count = Option<u64>;

impl Mailbox {
    /// An empty one. `total` counts all that waits.
    pub(crate) fn new(limits: &Limits, total: &Arc<Total>) -> Self {
        Self {
            events: limits.mailbox_events,
            bytes: limits.mailbox,
            total: total.clone(),
            queue: Mutex::default(),
        }
    }

    /// An event that waits for this mailbox, and for others of the same state. `None` where too much waits already.
    pub(crate) fn waiting(&self, event: Event, payer: &Arc<Account>) -> Option<Arc<Waiting>> {
        Waiting::new(event, payer, &self.total)
    }

    /// Puts an event in, or counts it where there is no room.
    pub(crate) fn put(&self, waiting: &Arc<Waiting>) {
        let queued = Queued::new(waiting.clone());
        let has_place = waiting.has_room();
        let mut queue = self.queue.lock();
        let has_room = has_place
            && queue.events.len() < self.events
            && queue.bytes.saturating_add(waiting.size()) <= self.bytes;
        if has_room {
            queue.tell_missed(waiting.topic(), &self.total);
            queue.push(queued);
        } else {
            queue.miss(waiting.topic());
            self.total.miss();
        }
        Queue::wake(queue);
    }

    /// Counts an event that nobody has room for.
    pub(crate) fn miss(&self, topic: &Arc<str>) {
        let mut queue = self.queue.lock();
        queue.miss(topic);
        self.total.miss();
        Queue::wake(queue);
    }

    /// Events are missing, and nobody knows how many. Only events of other hosts are lost so.
    pub(crate) fn miss_unknown(&self, topic: &Arc<str>) {
        let mut queue = self.queue.lock();
        match queue.missed.iter_mut().find(|(of, _)| of == topic) {
            Some((_, count)) => *count = None,
            None => queue.missed.push((topic.clone(), None)),
        }
        Queue::wake(queue);
    }

    /// The next event, if one waits.
    pub(crate) fn take(&self) -> Option<Heard> {
        let mut queue = self.queue.lock();
        if let Some(queued) = queue.events.pop_front() {
            queue.bytes -= queued.waiting().size();
            if queue.events.is_empty() && queue.events.capacity() > KEPT {
                queue.events = VecDeque::new();
            }
            drop(queue);
            return Some(queued.waiting().clone().into());
        }
        let (topic, count) = queue.missed.pop()?;
        drop(queue);
        Some(Waiting::missed(topic, count, &self.total).into())
    }

    /// Ready when an event waits, with its payer; else the task is woken when one comes.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Option<Arc<Account>>> {
        let mut queue = self.queue.lock();
        if let Some(next) = queue.events.front() {
            return Poll::Ready(next.waiting().payer().cloned());
        }
        if !queue.missed.is_empty() {
            return Poll::Ready(None);
        }
        match &mut queue.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Forgets all events of this topic.
    pub(crate) fn forget(&self, topic: &str) {
        let mut queue = self.queue.lock();
        let (of_it, others): (VecDeque<_>, _) = std::mem::take(&mut queue.events)
            .into_iter()
            .partition(|queued: &Queued| **queued.waiting().topic() == *topic);
        queue.events = others;
        queue.bytes -= of_it
            .iter()
            .map(|queued| queued.waiting().size())
            .sum::<usize>();
        queue.missed.retain(|(of, _)| **of != *topic);
        // An event that loses its last place is freed without the lock.
        drop(queue);
    }
}

impl Queue {
    fn push(&mut self, queued: Queued) {
        self.bytes += queued.waiting().size();
        self.events.push_back(queued);
    }

    fn miss(&mut self, topic: &Arc<str>) {
        match self.missed.iter_mut().find(|(of, _)| of == topic) {
            Some((_, count)) => *count = count.map(|count| count + 1),
            None => self.missed.push((topic.clone(), Some(1))),
        }
    }

    /// Tells of events that were left out, before the next one of their topic. There is always room: each event brings
    /// one such at most.
    fn tell_missed(&mut self, topic: &Arc<str>, total: &Arc<Total>) {
        if let Some(place) = self.missed.iter().position(|(of, _)| of == topic) {
            let (topic, count) = self.missed.swap_remove(place);
            self.push(Queued::new(Waiting::missed(topic, count, total)));
        }
    }

    /// Lets the lock go, then wakes the task that waits.
    fn wake(mut queue: MutexGuard<'_, Self>) {
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::PLACE;

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
        let limits = Limits::default();
        let total = Total::new(&limits);
        let mailboxes = [(); 1000].map(|()| Mailbox::new(&limits, &total));
        let waiting = Waiting::new(message(100), &Arc::default(), &total).expect("there is room");
        let once = total.bytes();
        assert!(once >= 100 + size_of::<Waiting>(), "{once}");
        for mailbox in &mailboxes {
            mailbox.put(&waiting);
        }
        drop(waiting);
        assert_eq!(total.bytes(), once + 1000 * PLACE);
        let (heard, forgotten) = mailboxes.split_at(500);
        for mailbox in heard {
            assert!(mailbox.take().is_some());
        }
        assert_eq!(total.bytes(), once + 500 * PLACE);
        for mailbox in forgotten {
            mailbox.forget("t");
        }
        assert_eq!(total.bytes(), 0);
    }

    #[test]
    fn who_has_no_room_for_an_event_misses_it() {
        let total = Total::new(&Limits::default());
        let waiting = Waiting::new(message(100), &Arc::default(), &total).expect("there is room");
        let limits = Limits {
            mailbox: 2 * waiting.size(),
            ..Limits::default()
        };
        let mailbox = Mailbox::new(&limits, &total);
        for _ in 0..3 {
            mailbox.put(&waiting);
        }
        let heard = std::iter::from_fn(|| mailbox.take());
        let missed = heard.map(|heard| matches!(*heard, Event::Missed { .. }));
        assert_eq!(missed.collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(total.missed(), 1);
    }

    #[test]
    fn places_have_a_limit_too_and_who_finds_none_misses_the_event() {
        let limits = Limits {
            waiting: 4000,
            ..Limits::default()
        };
        let total = Total::new(&limits);
        let mailboxes = [(); 1000].map(|()| Mailbox::new(&limits, &total));
        let waiting = Waiting::new(message(1), &Arc::default(), &total).expect("there is room");
        for mailbox in &mailboxes {
            mailbox.put(&waiting);
        }
        assert!(total.bytes() <= 4000);
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
        let (total, greedy, other) = (Total::new(&limits), Arc::default(), Arc::default());
        let say = |payer| Waiting::new(message(1000), payer, &total);
        let held: Vec<_> = std::iter::from_fn(|| say(&greedy)).collect();
        let most = total.bytes();
        assert!(most > 48_000 && most <= 50_000, "{most}");
        assert!(say(&greedy).is_none() && say(&other).is_some());
        drop(held);
        assert!(say(&greedy).is_some());
        assert_eq!(greedy.held(), 0);
    }

    #[test]
    fn a_queue_that_was_long_gives_its_places_back() {
        let limits = Limits::default();
        let total = Total::new(&limits);
        let mailbox = Mailbox::new(&limits, &total);
        let waiting = Waiting::new(message(1), &Arc::default(), &total).expect("there is room");
        for _ in 0..1000 {
            mailbox.put(&waiting);
        }
        while mailbox.take().is_some() {}
        assert!(mailbox.queue.lock().events.capacity() <= KEPT);
    }
}
