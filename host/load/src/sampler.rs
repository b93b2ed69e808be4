//! Looking at the tallies of all threads while they count.

use super::latency::microseconds;
use super::pace::Goal;
pub use super::report::Moment;
use super::tally::{COARSE, SharedTally, Tally, histogram};
use hdrhistogram::Histogram;
use std::time::Duration;

/// The shortest stretch of the run that the plot over time tells from the next, and how many there
/// are in a long one.
const STRETCH: Duration = Duration::from_millis(100);
const STRETCHES: u32 = 600;

/// The tallies of all threads, looked at again and again.
pub(super) struct Sampler {
    tallies: Vec<SharedTally>,
    spare: Histogram<u64>,
    stretch: Duration,
    /// At the last sample, and when the current stretch began.
    seen: Seen,
    begun: Seen,
    /// The turns of the current stretch.
    lately: Histogram<u64>,
    timeline: Vec<Moment>,
}

/// What had been counted at some moment.
#[derive(Clone, Copy, Default)]
struct Seen {
    at: Duration,
    dialogues: u64,
    turns: u64,
    failed: u64,
}

impl Seen {
    /// What happened since then, with the latencies of it.
    fn moment(&self, since: &Self, turns: &Histogram<u64>) -> Moment {
        let took = self.at.saturating_sub(since.at).as_secs_f64();
        Moment {
            seconds: self.at.as_secs_f64(),
            turns: (self.turns - since.turns) as f64 / took.max(f64::MIN_POSITIVE),
            p99: microseconds(turns.value_at_quantile(0.99)),
            failed: self.failed - since.failed,
        }
    }
}

/// What has happened since the last sample.
pub struct Sample {
    /// What happened since the one before.
    pub moment: Moment,
    /// Dialogues that are over, well or not, and those that failed.
    pub over: u64,
    /// Of those, the ones that failed.
    pub failed: u64,
}

impl Sampler {
    pub(super) fn new(tallies: Vec<SharedTally>, goal: Goal) -> Self {
        Self {
            tallies,
            spare: histogram(COARSE),
            stretch: match goal {
                Goal::Time(time) => STRETCH.max(time / STRETCHES),
                Goal::Dialogues(_) => STRETCH,
            },
            seen: Seen::default(),
            begun: Seen::default(),
            lately: histogram(COARSE),
            timeline: Vec::new(),
        }
    }

    /// Takes note of what happened since the last sample.
    pub(super) fn sample(&mut self, at: Duration) -> Sample {
        let mut turns = histogram(COARSE);
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
            let _ = turns.add(&self.spare);
            self.spare.reset();
        }
        let moment = now.moment(&self.seen, &turns);
        self.seen = now;
        let _ = self.lately.add(&turns);
        // A sample comes a little early at times.
        if at.saturating_sub(self.begun.at) + STRETCH / 2 >= self.stretch {
            self.keep();
        }
        Sample {
            moment,
            over: now.dialogues + now.failed,
            failed: now.failed,
        }
    }

    /// The current stretch is over.
    fn keep(&mut self) {
        let moment = self.seen.moment(&self.begun, &self.lately);
        self.timeline.push(moment);
        self.begun = self.seen;
        self.lately.reset();
    }

    /// What happened over time, up to now.
    pub(super) fn over(mut self, at: Duration) -> Vec<Moment> {
        self.sample(at);
        if self.begun.at < self.seen.at {
            self.keep();
        }
        self.timeline
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
