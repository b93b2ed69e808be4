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
        let (watch, memory) = (&self.shared.watch, &self.shared.memory);
        if !watch.is_on(now) || !memory.has_room(kept.whom) {
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
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::memory::{FOR_ALL, FOR_BEGINNINGS};

    fn looked_at() -> Arc<Shared> {
        let shared = Arc::<Shared>::default();
        shared.watch.look(Instant::now());
        shared
    }

    /// One that somebody looks at, but does not follow.
    fn dialogue() -> Dialogue {
        Dialogue::new(looked_at())
    }

    /// The events in short: how many bytes, how many were left out.
    fn short(events: &Events) -> Vec<String> {
        let short = |event: &Event| match &event.kind {
            Kind::Opened => "opened".to_owned(),
            Kind::Received(bytes) => format!("received {} of {}", bytes.kept.len(), bytes.count),
            Kind::Sent(bytes) => format!("sent {} of {}", bytes.kept.len(), bytes.count),
            Kind::Called { function, .. } => function.name().to_owned(),
            Kind::LeftOut {
                events,
                received,
                sent,
            } => format!("left out {events} ({received}, {sent})"),
            other => format!("{other:?}"),
        };
        events.events.iter().map(short).collect()
    }

    fn echo(dialogue: &Dialogue, bytes: &[u8]) {
        dialogue.received(bytes);
        dialogue.called(SessionCall::Receive);
        dialogue.sent(bytes);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_nobody_follows_keeps_its_beginning() {
        let dialogue = dialogue();
        dialogue.called(SessionCall::Open);
        for _ in 0..3 {
            echo(&dialogue, &[7; 20 * 1024]);
        }
        let events = dialogue.events(0, Duration::ZERO).await;
        let all = "received 20480 of 20480";
        let sent = "sent 20480 of 20480";
        assert_eq!(
            short(&events),
            [
                "opened",
                "open",
                all,
                "receive",
                sent,
                all,
                "receive",
                "sent 4096 of 20480",
                "left out 2 (20480, 20480)"
            ]
        );
        assert_eq!(events.next, 9);
        // Many small ones, of which there is no end in bytes.
        let dialogue = super::tests::dialogue();
        for _ in 0..BEGINNING.events {
            dialogue.received(b"x");
        }
        let events = dialogue.events(0, Duration::ZERO).await;
        assert_eq!(events.events.len(), BEGINNING.events + 1);
        assert_eq!(short(&events).last().unwrap(), "left out 1 (1, 0)");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_slow_is_told_what_was_left_out() {
        let dialogue = dialogue();
        assert_eq!(short(&dialogue.events(0, Duration::ZERO).await), ["opened"]);
        for _ in 0..FOLLOWED.events {
            echo(&dialogue, b"hello");
        }
        let events = dialogue.events(1, Duration::ZERO).await;
        // Each chunk that is kept has its call, which counts for nothing.
        assert_eq!(
            events.events.len(),
            FOLLOWED.events + FOLLOWED.events / 2 + 1
        );
        let rest = FOLLOWED.events / 2;
        assert_eq!(
            short(&events).last().unwrap(),
            &format!("left out {} ({}, {})", 2 * rest, 5 * rest, 5 * rest)
        );
        // Nothing is told twice.
        assert!(
            dialogue
                .events(events.next, Duration::ZERO)
                .await
                .events
                .is_empty()
        );
        dialogue.received(&[0; 1024 * 1024]);
        assert!(dialogue.events(0, Duration::ZERO).await.events.len() > FOLLOWED.events);
    }

    #[tokio::test]
    async fn a_reader_waits_for_what_comes_and_no_longer_than_it_says() {
        let dialogue = Arc::new(dialogue());
        let nothing = dialogue.events(1, Duration::from_millis(1)).await;
        assert!(nothing.events.is_empty() && !nothing.is_over && nothing.next == 1);
        let reads = dialogue.clone();
        let reader = tokio::spawn(async move { reads.events(1, Duration::from_secs(60)).await });
        while Arc::strong_count(&dialogue) == 1 {
            tokio::task::yield_now().await;
        }
        dialogue.received(b"hello");
        assert_eq!(short(&reader.await.unwrap()), ["received 5 of 5"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_all_the_time_has_no_more_kept() {
        let dialogue = dialogue();
        let (began, mut asked) = (Instant::now(), 0);
        while began.elapsed() < INTERVAL / 4 {
            dialogue.events(0, Duration::ZERO).await;
            dialogue.received(&[0; 64 * 1024]);
            asked += 1;
        }
        // What one request may have, and at most once more where the machine stood still for so long.
        let most = (began.elapsed().as_millis() / INTERVAL.as_millis()) as usize + 1;
        let kept = dialogue.kept.lock().ring.bytes();
        assert!(asked > 16 * most, "it asks {asked} times");
        assert!(kept <= most * (FOLLOWED.bytes + 64 * 1024), "{kept}");
    }

    #[test]
    fn all_together_keep_no_more_than_there_is_memory_for() {
        let shared = looked_at();
        let beginning = Dialogue::new(shared.clone());
        let followed = Dialogue::new(shared.clone());
        drop(followed.follow(Instant::now()));
        let keeps =
            |dialogue: &Dialogue| dialogue.keep(Passing::Nothing, |_| Kind::SentFin).is_some();
        assert!(keeps(&beginning) && keeps(&followed));
        shared.memory.take(FOR_BEGINNINGS);
        assert!(!keeps(&beginning) && keeps(&followed));
        shared.memory.take(FOR_ALL - FOR_BEGINNINGS);
        assert!(!keeps(&followed));
        shared.memory.give_back(FOR_ALL);
        let of_others = beginning.kept.lock().ring.bytes() + followed.kept.lock().ring.bytes();
        drop(beginning);
        drop(followed);
        assert!(of_others > 0 && format!("{:?}", shared.memory) == "Memory(0)");
    }
}
