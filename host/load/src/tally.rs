//! Counts and times of a running load, one tally for each thread.

use super::failure::Cause;
use hdrhistogram::Histogram;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest time that is told from longer ones, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// A failed dialogue: its cause, and its words.
pub(super) struct Failed(pub(super) Cause, pub(super) String);

/// The counts of one thread.
pub(super) struct Tally {
    pub(super) dialogues: u64,
    pub(super) turns: u64,
    /// Turns that sent something, or waited for the server.
    pub(super) timed: u64,
    /// Timed turns whose reply the system stamped with its arrival.
    pub(super) stamped: u64,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) connections: u64,
    /// Time in the plugin: starts of its instances, and its calls.
    pub(super) plugin: Duration,
    pub(super) errors: [u64; Cause::ALL.len()],
    /// The first failure of each cause, in words.
    pub(super) examples: [Option<String>; Cause::ALL.len()],
    /// In nanoseconds, as all of these.
    pub(super) connecting: Histogram<u64>,
    pub(super) turn: Histogram<u64>,
    pub(super) dialogue: Histogram<u64>,
    /// Time that turns waited for the client.
    pub(super) client: Histogram<u64>,
    /// The turns since the last sample.
    pub(super) lately: Histogram<u64>,
}

/// A histogram of times, exact to so many digits.
pub(super) fn histogram(digits: u8) -> Histogram<u64> {
    // The bounds are constant, and right.
    Histogram::new_with_bounds(1, LONGEST, digits).unwrap_or_else(|_| unreachable!())
}

/// Digits of a histogram of the whole run, and of one moment.
pub(super) const FINE: u8 = 3;
pub(super) const COARSE: u8 = 2;

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            dialogues: 0,
            turns: 0,
            timed: 0,
            stamped: 0,
            sent: 0,
            received: 0,
            connections: 0,
            plugin: Duration::ZERO,
            errors: Default::default(),
            examples: Default::default(),
            connecting: histogram(FINE),
            turn: histogram(FINE),
            dialogue: histogram(FINE),
            client: histogram(FINE),
            lately: histogram(COARSE),
        }
    }

    pub(super) fn turn_took(&mut self, time: Duration) {
        let time = nanoseconds(time);
        self.turn.saturating_record(time);
        self.lately.saturating_record(time);
    }

    pub(super) fn dialogue_took(&mut self, time: Duration) {
        self.dialogue.saturating_record(nanoseconds(time));
    }

    pub(super) fn client_took(&mut self, time: Duration) {
        self.client.saturating_record(nanoseconds(time));
    }

    /// Adds so many dialogues that were due so long before the end and never began. They waited as well, and
    /// belong in the percentiles.
    pub(super) fn never_begun(
        &mut self,
        age: Duration,
        many: u64,
        example: impl FnOnce() -> String,
    ) {
        for times in [&mut self.turn, &mut self.dialogue] {
            times.saturating_record_n(nanoseconds(age), many);
        }
        self.failed(Cause::NeverBegun, many, example);
    }

    pub(super) fn connecting_took(&mut self, time: Duration) {
        self.connections += 1;
        self.connecting.saturating_record(nanoseconds(time));
    }

    /// Counts failed dialogues. The first one of each cause keeps its words.
    pub(super) fn failed(&mut self, cause: Cause, many: u64, example: impl FnOnce() -> String) {
        if let Some(count) = self.errors.get_mut(cause as usize) {
            *count += many;
        }
        if let Some(place) = self.examples.get_mut(cause as usize) {
            place.get_or_insert_with(example);
        }
    }

    /// Adds the tally of another thread.
    pub(super) fn add(&mut self, other: &Self) {
        self.dialogues += other.dialogues;
        self.turns += other.turns;
        self.timed += other.timed;
        self.stamped += other.stamped;
        self.sent += other.sent;
        self.received += other.received;
        self.connections += other.connections;
        self.plugin += other.plugin;
        for (count, more) in self.errors.iter_mut().zip(other.errors) {
            *count += more;
        }
        for (mine, theirs) in self.examples.iter_mut().zip(&other.examples) {
            *mine = mine.take().or_else(|| theirs.clone());
        }
        // All have the same bounds.
        let _ = self.connecting.add(&other.connecting);
        let _ = self.turn.add(&other.turn);
        let _ = self.dialogue.add(&other.dialogue);
        let _ = self.client.add(&other.client);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// The tally of one thread, which others sample.
#[derive(Clone)]
pub(super) struct SharedTally(Arc<Mutex<Tally>>);

impl SharedTally {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Tally::new())))
    }

    /// Does the plugin's work, and counts its time.
    pub(super) async fn of_plugin<T>(&self, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        self.lock().plugin += began.elapsed();
        done
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Tally> {
        self.0.lock()
    }
}
