//! What a connection has had of the processors lately, by which those that take long share them.
//!
//! What was had is forgotten by halves, so that a connection that was busy once is as good as new
//! some time later, and one that is always busy can't pass for one that seldom is.

use std::time::{Duration, Instant};

/// The time in which what was had comes to count half. Longer, and a burst of work is held against a
/// connection long after it; shorter, and a newcomer that needs a moment gets no advance over those
/// that have been busy for seconds.
const HALF_LIFE: Duration = Duration::from_secs(5);

/// Processor time, in which what is longer ago counts less.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecentTime(Option<Had>);

#[derive(Clone, Copy, Debug)]
struct Had {
    seconds: f64,
    at: Instant,
}

impl RecentTime {
    pub(crate) fn add(&mut self, time: Duration, now: Instant) {
        let seconds = (self.had(now) + time).as_secs_f64();
        self.0 = Some(Had { seconds, at: now });
    }

    pub(crate) fn had(&self, now: Instant) -> Duration {
        self.0.map_or(Duration::ZERO, |Had { seconds, at }| {
            let halves = half_lives(at, now);
            Duration::from_secs_f64(seconds * 0.5_f64.powf(halves))
        })
    }

    /// Who has less of this has had less lately. It stays true while time passes, since all forget at
    /// the same rate: in a logarithm that is the same difference for each of them. `began` is any
    /// time before, the same for all that are compared.
    pub(crate) fn order(&self, began: Instant) -> i64 {
        self.0.map_or(i64::MIN, |Had { seconds, at }| {
            ((seconds.log2() + half_lives(began, at)) * STEPS) as i64
        })
    }
}

/// How fine the order is: two that differ by less than a millionth count as equal.
const STEPS: f64 = 1e6;

fn half_lives(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() / HALF_LIFE.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_ago_counts_less_and_the_order_agrees() {
        let began = Instant::now();
        let mut early = RecentTime::default();
        let mut late = early;
        early.add(Duration::from_millis(500), began);
        let later = began + 2 * HALF_LIFE;
        late.add(Duration::from_millis(200), later);
        assert_eq!(early.had(later), Duration::from_millis(125));
        assert!(early.order(began) < late.order(began));
        early.add(Duration::from_millis(100), later);
        assert!(early.order(began) > late.order(began));
        assert!(RecentTime::default().order(began) < late.order(began));
    }
}
