//! What is counted and measured while the load runs, by each thread for itself.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest time that is told from longer ones, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// Why a dialogue failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Cause {
    /// The plugin found the reply wrong, or more came than was expected.
    WrongReply,
    /// The server closed the connection before the reply was whole.
    ClosedEarly,
    /// The connection broke.
    Broken,
    /// A turn, or connecting, took longer than `--timeout`.
    Timeout,
    /// The reply is longer than `--reply`.
    ReplyTooLong,
    /// All replies together take more than `--total-reply`.
    NoMemory,
    /// No connection.
    NotConnected,
    /// The plugin itself could not go on.
    PluginFailed,
    /// It was under way when the run was over, and long after.
    Unfinished,
    /// It was due, and no connection was free to begin it.
    NeverBegun,
}

impl Cause {
    pub(super) const ALL: [Self; 10] = [
        Self::WrongReply,
        Self::ClosedEarly,
        Self::Broken,
        Self::Timeout,
        Self::ReplyTooLong,
        Self::NoMemory,
        Self::NotConnected,
        Self::PluginFailed,
        Self::Unfinished,
        Self::NeverBegun,
    ];

    /// For a person.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::WrongReply => "wrong reply",
            Self::ClosedEarly => "closed before the reply was whole",
            Self::Broken => "connection broken",
            Self::Timeout => "timeout",
            Self::ReplyTooLong => "reply too long",
            Self::NoMemory => "no memory for the reply",
            Self::NotConnected => "not connected",
            Self::PluginFailed => "plugin failed",
            Self::Unfinished => "unfinished at the end",
            Self::NeverBegun => "due, and no connection was free",
        }
    }
}

/// What one thread has counted.
pub(super) struct Tally {
    pub(super) dialogues: u64,
    pub(super) turns: u64,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) connections: u64,
    pub(super) errors: [u64; Cause::ALL.len()],
    /// The first failure of each cause, in words.
    pub(super) examples: [Option<String>; Cause::ALL.len()],
    /// In nanoseconds, as all of these.
    pub(super) connecting: Histogram<u64>,
    pub(super) turn: Histogram<u64>,
    /// The turns since somebody last looked.
    pub(super) lately: Histogram<u64>,
}

/// A histogram of times, with so many digits that are right.
pub(super) fn histogram(digits: u8) -> Histogram<u64> {
    // The bounds are constant, and right.
    Histogram::new_with_bounds(1, LONGEST, digits).unwrap_or_else(|_| unreachable!())
}

/// The digits of a histogram for the whole run, and of one for a moment of it.
pub(super) const FINE: u8 = 3;
pub(super) const COARSE: u8 = 2;

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            dialogues: 0,
            turns: 0,
            sent: 0,
            received: 0,
            connections: 0,
            errors: Default::default(),
            examples: Default::default(),
            connecting: histogram(FINE),
            turn: histogram(FINE),
            lately: histogram(COARSE),
        }
    }

    pub(super) fn turn_took(&mut self, time: Duration) {
        let time = nanoseconds(time);
        self.turn.saturating_record(time);
        self.lately.saturating_record(time);
    }

    /// So many dialogues were due so long before the end, and were not begun.
    pub(super) fn never_begun(&mut self, age: Duration, many: u64) {
        self.turn.saturating_record_n(nanoseconds(age), many);
        self.failed(Cause::NeverBegun, many, || {
            format!("it was due {age:.1?} before the end (more --connections may help, unless the server stalls)")
        });
    }

    pub(super) fn connecting_took(&mut self, time: Duration) {
        self.connections += 1;
        self.connecting.saturating_record(nanoseconds(time));
    }

    /// So many dialogues failed; the first of them is told in words.
    pub(super) fn failed(&mut self, cause: Cause, many: u64, example: impl FnOnce() -> String) {
        if let Some(count) = self.errors.get_mut(cause as usize) {
            *count += many;
        }
        if let Some(place) = self.examples.get_mut(cause as usize) {
            place.get_or_insert_with(example);
        }
    }

    /// Adds what another thread has counted.
    pub(super) fn add(&mut self, other: &Self) {
        self.dialogues += other.dialogues;
        self.turns += other.turns;
        self.sent += other.sent;
        self.received += other.received;
        self.connections += other.connections;
        for (count, more) in self.errors.iter_mut().zip(other.errors) {
            *count += more;
        }
        for (mine, theirs) in self.examples.iter_mut().zip(&other.examples) {
            *mine = mine.take().or_else(|| theirs.clone());
        }
        // All have the same bounds.
        let _ = self.connecting.add(&other.connecting);
        let _ = self.turn.add(&other.turn);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// The tally of one thread, which others look at now and then.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Tally>>);

impl Shared {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Tally::new())))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
