//! Stretches of a run, as many as a plot can show.

use super::numbers::{finite, time_value};
use super::plot::Width;
use crate::report::Moment;
use crate::units::grouped;

/// More stretches can't be told apart.
const MOST_WIDE: usize = 300;
const MOST_NARROW: usize = 150;

/// A stretch of the run.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    pub(super) from: f64,
    pub(super) to: f64,
    /// Turns a second.
    pub(super) turns: f64,
    /// `None` when no turn came to its end.
    pub(super) p99: Option<f64>,
    pub(super) failed: u64,
}

/// The moments of a run, one after the other.
pub(super) fn stretches(timeline: &[Moment]) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::with_capacity(timeline.len());
    let mut from = 0.0;
    for moment in timeline {
        let to = finite(moment.seconds).max(from);
        all.push(Stretch {
            from,
            to,
            turns: finite(moment.turns),
            p99: Some(finite(moment.p99)).filter(|p99| *p99 > 0.0),
            failed: moment.failed,
        });
        from = to;
    }
    // The last one may be too short for a meaningful rate.
    if let [.., before, last] = all.as_mut_slice()
        && last.length() < before.length() / 2.0
    {
        *before = before.and(last);
        all.pop();
    }
    all
}

impl Stretch {
    fn length(&self) -> f64 {
        self.to - self.from
    }

    /// Joins two. The p99 is the worse one, which hides nothing.
    fn and(&self, next: &Self) -> Self {
        let length = (self.length() + next.length()).max(f64::MIN_POSITIVE);
        let turns = self.turns * self.length() + next.turns * next.length();
        Self {
            from: self.from,
            to: next.to,
            turns: finite(turns / length),
            p99: self.p99.into_iter().chain(next.p99).reduce(f64::max),
            failed: self.failed.saturating_add(next.failed),
        }
    }

    pub(super) fn failed_per_second(&self) -> f64 {
        finite(self.failed as f64 / self.length())
    }

    /// In words.
    pub(super) fn hint(&self) -> String {
        let p99 = match self.p99 {
            Some(p99) => format!(", p99 {}", time_value(p99)),
            None => String::new(),
        };
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {} failed", grouped(failed)),
        };
        format!(
            "{:.2} s to {:.2} s: {} turns/s{p99}{failed}",
            self.from,
            self.to,
            grouped(self.turns.round() as u64)
        )
    }
}

/// Joins stretches until a drawing of this width tells them apart.
pub(super) fn thinned(all: &[Stretch], width: Width) -> Vec<Stretch> {
    let most = match width {
        Width::Wide => MOST_WIDE,
        Width::Narrow => MOST_NARROW,
    };
    let some = all.chunks(all.len().div_ceil(most).max(1));
    some.filter_map(|some| some.iter().copied().reduce(|all, next| all.and(&next)))
        .collect()
}

/// Failed dialogues in all of them.
pub(super) fn failed(all: &[Stretch]) -> u64 {
    let failed = all.iter().map(|stretch| stretch.failed);
    failed.fold(0, u64::saturating_add)
}
