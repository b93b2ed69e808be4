//! Looking at the tallies of all threads while they count.

use super::report::{Moment, microseconds};
use super::tally::{COARSE, Shared, Tally, histogram};
use hdrhistogram::Histogram;
use std::time::Duration;

/// The tallies of all threads, looked at again and again.
pub(super) struct Watch {
    tallies: Vec<Shared>,
    spare: Histogram<u64>,
    seen: Seen,
    pub(super) timeline: Vec<Moment>,
}

/// The state at the last look.
#[derive(Clone, Copy, Default)]
struct Seen {
    at: Duration,
    dialogues: u64,
    turns: u64,
    failed: u64,
}

impl Watch {
    pub(super) fn new(tallies: Vec<Shared>) -> Self {
        Self {
            tallies,
            spare: histogram(COARSE),
            seen: Seen::default(),
            timeline: Vec::new(),
        }
    }

    /// Takes note of what happened since the last look.
    pub(super) fn look(&mut self, at: Duration) -> Moment {
        let mut lately = histogram(COARSE);
        let mut now = Seen {
            at,
            ..Seen::default()
        };
        for tally in &self.tallies {
            {
                let mut tally = tally.lock();
                now.dialogues += tally.dialogues;
                now.turns += tally.turns;
                now.failed += tally.errors.iter().sum::<u64>();
                // Swapped, since adding takes longer than anybody should wait.
                std::mem::swap(&mut tally.lately, &mut self.spare);
            }
            // They have the same bounds.
            let _ = lately.add(&self.spare);
            self.spare.reset();
        }
        let took = at.saturating_sub(self.seen.at).as_secs_f64();
        let moment = Moment {
            seconds: at.as_secs_f64(),
            turns: (now.turns - self.seen.turns) as f64 / took.max(f64::MIN_POSITIVE),
            p99: microseconds(lately.value_at_quantile(0.99)),
            failed: now.failed - self.seen.failed,
        };
        self.seen = now;
        self.timeline.push(moment);
        moment
    }

    /// Dialogues that are over, well or not.
    pub(super) fn over(&self) -> u64 {
        self.seen.dialogues + self.seen.failed
    }

    /// Dialogues that failed.
    pub(super) fn failed(&self) -> u64 {
        self.seen.failed
    }

    /// All the tallies in one.
    pub(super) fn sum(&self) -> Tally {
        let mut all = Tally::new();
        for tally in &self.tallies {
            all.add(&tally.lock());
        }
        all
    }
}
