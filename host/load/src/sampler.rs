//! Samples of all threads' tallies while they count.

use super::latency::microseconds;
use super::pace::Goal;
pub use super::report::Moment;
use super::tally::{COARSE, SharedTally, Tally, histogram};
use hdrhistogram::Histogram;
use std::time::Duration;

/// The shortest stretch of the timeline, and the number of stretches in a long run.
const STRETCH: Duration = Duration::from_millis(100);
const STRETCHES: u32 = 600;

/// Samples the tallies of all threads.
pub(super) struct Sampler {
    tallies: Vec<SharedTally>,
    spare: Histogram<u64>,
    stretch: Duration,
    /// Counts at the last sample, and at the start of the current stretch.
    seen: Seen,
    begun: Seen,
    /// The turns of the current stretch.
    lately: Histogram<u64>,
    timeline: Vec<Moment>,
}

/// Counts at some moment.
#[derive(Clone, Copy, Default)]
struct Seen {
    at: Duration,
    dialogues: u64,
    turns: u64,
    failed: u64,
}

impl Seen {
    /// The moment since then, with the latencies of its turns.
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

/// One sample.
pub struct Sample {
    /// The time since the sample before.
    pub moment: Moment,
    /// Dialogues that are over, the failed ones among them.
    pub over: u64,
    /// Dialogues that failed.
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

    /// Takes a sample.
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
                // Swapped, since adding would hold the lock for long.
                std::mem::swap(&mut tally.lately, &mut self.spare);
            }
            // They have the same bounds.
            let _ = turns.add(&self.spare);
            self.spare.reset();
        }
        let moment = now.moment(&self.seen, &turns);
        self.seen = now;
        let _ = self.lately.add(&turns);
        // Samples come a little early at times.
        if at.saturating_sub(self.begun.at) + STRETCH / 2 >= self.stretch {
            self.keep();
        }
        Sample {
            moment,
            over: now.dialogues + now.failed,
            failed: now.failed,
        }
    }

    /// Ends the current stretch.
    fn keep(&mut self) {
        let moment = self.seen.moment(&self.begun, &self.lately);
        self.timeline.push(moment);
        self.begun = self.seen;
        self.lately.reset();
    }

    /// The timeline up to now.
    pub(super) fn over(mut self, at: Duration) -> Vec<Moment> {
        self.sample(at);
        if self.begun.at < self.seen.at {
            self.keep();
        }
        self.timeline
    }

    /// The sum of all tallies.
    pub(super) fn sum(&self) -> Tally {
        let mut all = Tally::new();
        for tally in &self.tallies {
            all.add(&tally.lock());
        }
        all
    }
}
