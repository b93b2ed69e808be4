//! The bar on a terminal while the load runs.

use crate::output::bar::{Wanted, bar};
use eco_load::{Goal, Sample, time_text};
use eco_text::number::grouped;
use indicatif::ProgressBar;
use std::time::Duration;

/// A bar that shows how far the load is, with its rate and latency.
pub(super) struct Bar {
    bar: ProgressBar,
    goal: Goal,
}

impl Bar {
    pub(super) fn new(goal: Goal) -> Self {
        let length = match goal {
            Goal::Time(time) => milliseconds(time),
            Goal::Dialogues(count) => count,
        };
        let bar = bar(length, "{bar:30} {elapsed:>3}  {msg}", Wanted::Yes);
        Self { bar, goal }
    }

    pub(super) fn show(&self, sample: &Sample, elapsed: Duration) {
        self.bar.set_position(match self.goal {
            Goal::Time(_) => milliseconds(elapsed),
            Goal::Dialogues(_) => sample.over,
        });
        let (rate, p99) = (
            grouped(sample.moment.turns as u64),
            time_text(sample.moment.p99),
        );
        let failed = grouped(sample.failed);
        let text = format!("{rate} turns/s  p99 {p99}  {failed} failed");
        self.bar.set_message(text);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
