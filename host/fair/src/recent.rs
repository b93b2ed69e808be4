//! Recent processor time.
//!
//! It decays by halves. So somebody who was busy once is as good as new some time later, and somebody who is always
//! busy can't pass for one that seldom is.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Time that comes to count half after this long. Longer, and a burst of work is held against somebody long after it;
/// shorter, and a newcomer that needs a moment gets no advance over those that have been busy for seconds.
pub(crate) const HALF_LIFE: Duration = Duration::from_secs(5);

/// Processor time that counts less the longer ago it was.
///
/// The logarithm of a value that grows with time instead of decaying is kept. So no moment is stored beside it, and two
/// of them keep their order while time passes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct RecentTime(f64);

/// None.
impl Default for RecentTime {
    fn default() -> Self {
        Self(f64::NEG_INFINITY)
    }
}

impl RecentTime {
    /// Adds time that was had just now.
    pub fn add(&mut self, time: Duration, now: Instant) {
        let added = time.as_secs_f64().log2() + half_lives(now);
        let (less, more) = if added < self.0 {
            (added, self.0)
        } else {
            (self.0, added)
        };
        // The difference of two infinities is no number.
        if more > f64::NEG_INFINITY {
            self.0 = more + (less - more).exp2().ln_1p() / std::f64::consts::LN_2;
        }
    }

    /// The time that it counts for at this moment.
    pub fn had(self, now: Instant) -> Duration {
        let seconds = (self.0 - half_lives(now)).exp2();
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// A part of it.
    pub(crate) fn divided_by(self, parts: usize) -> Self {
        Self(self.0 - (parts as f64).log2())
    }

    /// Sort key; lower means less recent processor time. All decay equally, so the order never changes.
    pub(crate) fn order(self) -> i64 {
        // To a millionth of a half.
        (self.0 * 1e6) as i64
    }

    pub(crate) fn to_bits(self) -> u64 {
        self.0.to_bits()
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(f64::from_bits(bits))
    }
}

/// Half-lives since the first call.
fn half_lives(now: Instant) -> f64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let began = BEGAN.get_or_init(|| now);
    let since = now.saturating_duration_since(*began);
    since.as_secs_f64() / HALF_LIFE.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_ago_counts_less_and_the_order_agrees() {
        let began = Instant::now();
        let mut early = RecentTime::default();
        assert_eq!(early.had(began), Duration::ZERO);
        early.add(Duration::ZERO, began);
        assert_eq!(early, RecentTime::default());
        let mut late = early;
        early.add(Duration::from_millis(500), began);
        let later = began + 2 * HALF_LIFE;
        late.add(Duration::from_millis(200), later);
        let had = early.had(later).as_secs_f64();
        assert!((had - 0.125).abs() < 1e-6, "{had}");
        assert!(early.order() < late.order());
        early.add(Duration::from_millis(100), later);
        assert!(early.order() > late.order());
        assert!(RecentTime::default().order() < late.order());
    }
}
