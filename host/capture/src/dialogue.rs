//! What is kept of one connection.
//!
//! It owns how much that may be at the moment. A connection that may keep nothing more counts what it leaves out, without a lock.

use crate::Shared;
use crate::event::{Bytes, Ending, Event, Kind, PluginEvent};
use crate::memory::Use;
use crate::ring::Ring;
use eco_net::{SessionCall, StreamObserver};
use parking_lot::{Mutex, MutexGuard};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::timeout;

/// How much a connection may keep, until it may keep more.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    events: usize,
    /// Of chunks and replies. The last one is cut.
    bytes: usize,
}

/// Of a connection that nobody follows: how a conversation begins. What comes after it is left out.
/// Test: `dialogue::tests::a_connection_that_nobody_follows_keeps_its_beginning`.
const BEGINNING: Allowance = Allowance {
    events: 256,
    bytes: 64 * 1024,
};

/// Of a connection that somebody follows, each time that they ask: more than a person reads meanwhile, and the largest chunk.
/// What comes after it is left out, until they ask again.
/// Test: `dialogue::tests::a_reader_that_is_slow_is_told_what_was_left_out`.
const FOLLOWED: Allowance = Allowance {
    events: 500,
    bytes: 1024 * 1024,
};

/// Who follows a connection gets no more than [`FOLLOWED`] in this time, however often they ask: it is what a page waits between
/// two requests. Test: `dialogue::tests::who_asks_all_the_time_has_no_more_kept`.
const INTERVAL: Duration = Duration::from_millis(200);

/// Bytes that one answer has, beside its last event. Whoever asks again gets the rest.
const MOST_ANSWERED: usize = 1024 * 1024;

/// Events of a connection, for a reader.
#[derive(Clone, Debug)]
pub struct Events {
    /// They, in their order. Where the first has another number than was asked for, the ones before are gone.
    pub events: Vec<Event>,
    /// The number to ask for next.
    pub next: u64,
    /// Whether there will be no more.
    pub is_over: bool,
}

/// See the module.
pub(crate) struct Dialogue {
    shared: Arc<Shared>,
    opened: Instant,
    /// Events that it may still keep. Changed with `kept` locked.
    events_left: AtomicUsize,
    left_out: LeftOut,
    /// When the call for the last thing that came began, in nanoseconds since the connection was opened. `NO_CALL` where that
    /// is not kept.
    call_began: AtomicU64,
    kept: Mutex<Kept>,
    news: Notify,
}

struct Kept {
    ring: Ring,
    /// Bytes of chunks and replies that it may still keep.
    bytes_left: usize,
    /// Whom it is for.
    whom: Use,
    /// When it was last allowed to keep more.
    allowed: Option<Instant>,
    /// What the reader was told of what is left out.
    told: Counts,
    is_over: bool,
}

/// There is no call whose time is kept.
const NO_CALL: u64 = u64::MAX;

/// All that was ever left out. Only the task of the connection writes.
#[derive(Default)]
struct LeftOut {
    events: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

/// What was left out up to a moment.
#[derive(Clone, Copy, Default)]
struct Counts {
    events: u64,
    received: u64,
    sent: u64,
}

/// Bytes that go through with an event.
#[derive(Clone, Copy)]
enum Passing<'a> {
    In(&'a [u8]),
    Out(&'a [u8]),
    Nothing,
}

impl Dialogue {
    /// That of a connection which is opened now.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let dialogue = Self {
            shared,
            opened: Instant::now(),
            events_left: AtomicUsize::new(0),
            left_out: LeftOut::default(),
            call_began: AtomicU64::new(NO_CALL),
            kept: Mutex::new(Kept {
                ring: Ring::default(),
                bytes_left: 0,
                whom: Use::Beginning,
                allowed: None,
                told: Counts::default(),
                is_over: false,
            }),
            news: Notify::new(),
        };
        if dialogue.shared.watch.may_be_on() {
            dialogue.begin(dialogue.opened);
            let at = dialogue.keep(Passing::Nothing, |_| Kind::Opened);
            dialogue.begins_call(at);
        }
        dialogue
    }

    /// Keeps what comes now, if nothing was ever kept.
    pub(crate) fn begin(&self, now: Instant) {
        let mut kept = self.kept.lock();
        if kept.allowed.is_none() {
            self.allow(&mut kept, BEGINNING, now);
        }
    }

    /// Whether anything is kept.
    pub(crate) fn is_kept(&self) -> bool {
        !self.kept.lock().ring.is_empty()
    }

    fn allow(&self, kept: &mut Kept, allowance: Allowance, now: Instant) {
        kept.allowed = Some(now);
        kept.bytes_left = allowance.bytes;
        self.events_left.store(allowance.events, Ordering::Relaxed);
    }

    /// Somebody follows it now.
    fn follow(&self, now: Instant) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock();
        let allowed = kept.allowed.filter(|_| kept.whom == Use::Followed);
        if allowed.is_none_or(|allowed| now.saturating_duration_since(allowed) >= INTERVAL) {
            kept.whom = Use::Followed;
            self.allow(&mut kept, FOLLOWED, now);
        }
        self.tell_left_out(&mut kept, now);
        kept
    }

    /// The events from this number on. It waits for so long for the first.
    pub(crate) async fn events(&self, from: u64, wait: Duration) -> Events {
        let mut news = pin!(self.news.notified());
        // What comes after the look and before the wait is heard too.
        news.as_mut().enable();
        let events = self.events_now(from);
        if !events.events.is_empty() || events.is_over {
            return events;
        }
        let _ = timeout(wait, news).await;
        self.events_now(from)
    }

    fn events_now(&self, from: u64) -> Events {
        let now = Instant::now();
        self.shared.watch.look(now);
        let kept = self.follow(now);
        let events = kept.ring.from(from, MOST_ANSWERED);
        let next = events
            .last()
            .map_or(kept.ring.next(), |last| last.number + 1);
        Events {
            is_over: kept.is_over && next == kept.ring.next(),
            events,
            next,
        }
    }

    /// Keeps an event that is made with so many bytes of room, and returns its time. `None`: it is left out, and counted.
    fn keep(&self, passing: Passing<'_>, kind: impl FnOnce(usize) -> Kind) -> Option<Duration> {
        if self.events_left.load(Ordering::Relaxed) == 0 {
            self.left_out.add(passing);
            return None;
        }
        let now = Instant::now();
        let mut kept = self.kept.lock();
        if !self.shared.watch.is_on(now) || !self.has_room(&mut kept) {
            self.events_left.store(0, Ordering::Relaxed);
            // It may begin anew when somebody looks again.
            (kept.allowed, kept.whom) = (None, Use::Beginning);
            self.left_out.add(passing);
            return None;
        }
        self.tell_left_out(&mut kept, now);
        let at = self.push(&mut kept, now, kind);
        let bytes = passing.count();
        kept.bytes_left = kept.bytes_left.saturating_sub(bytes);
        let left = match kept.bytes_left {
            0 if bytes > 0 => 0,
            _ => self.events_left.load(Ordering::Relaxed).saturating_sub(1),
        };
        self.events_left.store(left, Ordering::Relaxed);
        drop(kept);
        self.news.notify_waiters();
        Some(at)
    }

    /// Whether there is memory for an event. Of a connection that somebody follows, the oldest events make way.
    fn has_room(&self, kept: &mut Kept) -> bool {
        let memory = &self.shared.memory;
        if memory.left(kept.whom) == 0 && kept.whom == Use::Followed {
            let half = kept.ring.bytes() / 2;
            memory.give_back(kept.ring.shrink_to(half));
        }
        memory.left(kept.whom) > 0
    }

    /// When somebody last looked at it.
    pub(crate) fn looked_at(&self) -> Option<Instant> {
        self.kept.lock().allowed
    }

    /// Forgets all but its last event.
    pub(crate) fn forget(&self) {
        let bytes = self.kept.lock().ring.shrink_to(0);
        self.shared.memory.give_back(bytes);
    }

    /// The session is called next, for what came at this time.
    fn begins_call(&self, at: Option<Duration>) {
        let at = at.and_then(|at| u64::try_from(at.as_nanos()).ok());
        self.call_began
            .store(at.unwrap_or(NO_CALL), Ordering::Relaxed);
    }

    /// Keeps an event, whatever may be kept.
    fn push(&self, kept: &mut Kept, now: Instant, kind: impl FnOnce(usize) -> Kind) -> Duration {
        let at = now.saturating_duration_since(self.opened);
        let more = kept.ring.push(at, kind(kept.bytes_left));
        match usize::try_from(more) {
            Ok(more) => self.shared.memory.take(more),
            Err(_) => self.shared.memory.give_back(more.unsigned_abs()),
        }
        at
    }

    /// Says what was left out since the last event.
    fn tell_left_out(&self, kept: &mut Kept, now: Instant) {
        let (all, told) = (self.left_out.get(), kept.told);
        if all.events > told.events {
            kept.told = all;
            self.push(kept, now, |_| Kind::LeftOut {
                events: all.events - told.events,
                received: all.received.saturating_sub(told.received),
                sent: all.sent.saturating_sub(told.sent),
            });
        }
    }

    /// The plugin was called for an event beside the connection.
    pub(crate) fn happened(&self, event: PluginEvent, took: Duration, error: Option<String>) {
        self.keep(Passing::Nothing, |_| Kind::Happened { event, took, error });
    }

    /// The plugin said a line.
    pub(crate) fn said(&self, level: eco_plugin::Level, line: &str) {
        self.keep(Passing::Nothing, |_| Kind::Said {
            level,
            line: line.to_owned(),
        });
    }

    /// It has ended. That is kept wherever anything is.
    pub(crate) fn ended(&self, ending: Ending) {
        let now = Instant::now();
        let mut kept = self.kept.lock();
        if !kept.ring.is_empty() || self.shared.watch.is_on(now) {
            self.tell_left_out(&mut kept, now);
            self.push(&mut kept, now, |_| Kind::Ended(ending));
        }
        kept.is_over = true;
        drop(kept);
        self.news.notify_waiters();
    }
}

impl StreamObserver for Dialogue {
    fn received(&self, chunk: &[u8]) {
        let kind = |room| Kind::Received(Bytes::first(chunk, room));
        self.begins_call(self.keep(Passing::In(chunk), kind));
    }

    fn received_fin(&self) {
        self.begins_call(self.keep(Passing::Nothing, |_| Kind::ReceivedFin));
    }

    fn called(&self, function: SessionCall) {
        let began = self.call_began.load(Ordering::Relaxed);
        // The time of each call whose chunk is kept is kept too.
        if began == NO_CALL {
            return;
        }
        self.begins_call(None);
        let now = Instant::now();
        let at = now.saturating_duration_since(self.opened);
        let took = at.saturating_sub(Duration::from_nanos(began));
        self.push(&mut self.kept.lock(), now, |_| Kind::Called {
            function,
            took,
        });
        self.news.notify_waiters();
    }

    fn sent(&self, reply: &[u8]) {
        self.keep(Passing::Out(reply), |room| {
            Kind::Sent(Bytes::first(reply, room))
        });
    }

    fn sent_fin(&self) {
        self.keep(Passing::Nothing, |_| Kind::SentFin);
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        let bytes = self.kept.get_mut().ring.bytes();
        self.shared.memory.give_back(bytes);
    }
}

impl LeftOut {
    fn add(&self, passing: Passing<'_>) {
        add(&self.events, 1);
        match passing {
            Passing::In(bytes) => add(&self.received, bytes.len() as u64),
            Passing::Out(bytes) => add(&self.sent, bytes.len() as u64),
            Passing::Nothing => {}
        }
    }

    fn get(&self) -> Counts {
        Counts {
            events: self.events.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
        }
    }
}

/// Only one task writes, so that this needs none of the processor's locks.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}

impl Passing<'_> {
    fn count(self) -> usize {
        match self {
            Self::In(bytes) | Self::Out(bytes) => bytes.len(),
            Self::Nothing => 0,
        }
    }
}

#[cfg(test)]
impl Dialogue {
    /// Whoever follows it next is taken to have waited.
    pub(crate) fn may_keep_more(&self) {
        self.kept.lock().allowed = None;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
