//! The turns of a program, as they are seen from what goes through its connection: one begins when the program has written
//! something, and ends when the server's next bytes come, or its FIN.
//!
//! A program that waits for the server before it has written anything has a turn too, from when it began to wait.

use super::dialogue_time::DialogueTime;
use super::own_time::OwnTime;
use super::tally::SharedTally;
use eco_net::{Counts, SessionCall, StreamObserver};
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// The times of one dialogue under way.
pub(super) struct TurnTimes {
    tally: SharedTally,
    progress: Mutex<Progress>,
}

/// How a dialogue has ended.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ended {
    Well,
    Badly,
}

struct Progress {
    own_time: OwnTime,
    due: Option<Instant>,
    /// When the program was last given something to do.
    entered: Instant,
    /// When it was done with that.
    answered: Option<Instant>,
    /// When the turn under way began.
    asked: Option<Instant>,
    /// Whether it has waited for the server.
    has_waited: bool,
    /// The turns so far, as a whole.
    whole: Option<Whole>,
}

/// From the first write of a dialogue to the last arrival.
#[derive(Clone, Copy)]
struct Whole {
    first_write: Instant,
    /// How late the first write was.
    late: Duration,
    last_arrival: Instant,
}

impl TurnTimes {
    /// Those of a dialogue that begins now, or was due then. `own_time` runs.
    pub(super) fn start(tally: SharedTally, own_time: OwnTime, due: Option<Instant>) -> Self {
        Self {
            tally,
            progress: Mutex::new(Progress {
                own_time,
                due,
                entered: Instant::now(),
                answered: None,
                asked: None,
                has_waited: false,
                whole: None,
            }),
        }
    }

    /// Ends the dialogue, in which so much went through. Gives the stopwatch back.
    pub(super) fn finish(
        &self,
        counts: Counts,
        ended: Ended,
        dialogue: &mut DialogueTime,
    ) -> OwnTime {
        let mut progress = self.progress.lock();
        let now = Instant::now();
        {
            let mut tally = self.tally.lock();
            tally.sent += counts.sent;
            tally.received += counts.received;
            // A turn that failed has waited as well, and belongs in the percentiles.
            if let (Ended::Badly, Some(asked)) = (ended, progress.asked.take()) {
                tally.turn_took(progress.late_once(asked) + (now - asked));
                progress.last_arrival_is(now);
            }
        }
        let whole = progress.whole.unwrap_or(Whole::at(now, Duration::ZERO));
        let has_traffic = counts.sent + counts.received > 0 || progress.has_waited;
        let arrived = Some(whole.last_arrival);
        dialogue.turn_took(whole.first_write, whole.late, arrived, has_traffic);
        std::mem::replace(&mut progress.own_time, OwnTime::new(false))
    }

    /// The server's bytes, or its FIN, have come.
    fn arrived(&self) {
        let now = Instant::now();
        let mut progress = self.progress.lock();
        progress.entered = now;
        progress.answered = None;
        progress.last_arrival_is(now);
        match progress.asked.take() {
            Some(asked) => {
                progress.own_time.reply_arrived(now);
                progress.has_waited = true;
                let late = progress.late_once(asked);
                let mut tally = self.tally.lock();
                tally.turn_took(late + now.saturating_duration_since(asked));
                tally.turns += 1;
                tally.timed += 1;
            }
            // More of the same reply.
            None => progress.own_time.goes_on(now),
        }
    }
}

impl Whole {
    /// One in which nothing has arrived since this write, which was so late.
    fn at(first_write: Instant, late: Duration) -> Self {
        Self {
            first_write,
            late,
            last_arrival: first_write,
        }
    }
}

impl Progress {
    /// Begins a turn at this time, if none is under way. Gives the client's own time before it.
    fn begins_turn(&mut self, at: Instant) -> Option<Duration> {
        if self.asked.is_some() {
            return None;
        }
        self.asked = Some(at);
        if self.whole.is_none() {
            let late = self.due.map_or(Duration::ZERO, |due| {
                let late = at.saturating_duration_since(due);
                late.saturating_sub(self.own_time.since(due))
            });
            self.whole = Some(Whole::at(at, late));
        }
        self.own_time.of_turn()
    }

    /// How late the dialogue was, if this turn is its first.
    fn late_once(&self, asked: Instant) -> Duration {
        match self.whole {
            Some(whole) if whole.first_write == asked => whole.late,
            _ => Duration::ZERO,
        }
    }

    fn last_arrival_is(&mut self, at: Instant) {
        if let Some(whole) = &mut self.whole {
            whole.last_arrival = at;
        }
    }
}

impl StreamObserver for TurnTimes {
    fn received(&self, _: &[u8]) {
        self.arrived();
    }

    fn received_fin(&self) {
        self.arrived();
    }

    fn called(&self, function: SessionCall) {
        let now = Instant::now();
        let mut progress = self.progress.lock();
        progress.own_time.stops(now);
        progress.answered = Some(now);
        let worked = now.saturating_duration_since(progress.entered);
        let own = match function {
            SessionCall::Open => progress.begins_turn(now),
            SessionCall::Receive | SessionCall::Event | SessionCall::EndOfInput => None,
        };
        let mut tally = self.tally.lock();
        tally.plugin += worked;
        own.into_iter().for_each(|own| tally.client_took(own));
    }

    fn sent(&self, _: &[u8]) {
        let mut progress = self.progress.lock();
        let at = progress.answered.unwrap_or_else(Instant::now);
        if let Some(own) = progress.begins_turn(at) {
            self.tally.lock().client_took(own);
        }
    }

    fn sent_fin(&self) {}
}
