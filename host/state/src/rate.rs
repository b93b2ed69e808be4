//! How much somebody may do in a second.

use std::time::Duration;

/// A bucket that fills by `rate` in a second, and holds that much. It fills when it is told to.
#[derive(Debug)]
pub(crate) struct Rate {
    rate: usize,
    /// What is left of it, in billionths.
    left: u128,
    filled: Duration,
}

const WHOLE: u128 = 1_000_000_000;

impl Rate {
    /// A full one.
    pub(crate) fn new(rate: usize, now: Duration) -> Self {
        Self {
            rate,
            left: rate as u128 * WHOLE,
            filled: now,
        }
    }

    /// Fills it with what has come since it was last filled.
    pub(crate) fn fill(&mut self, now: Duration) {
        let more = now.saturating_sub(self.filled).as_nanos();
        let full = self.rate as u128 * WHOLE;
        self.left = full.min(
            self.left
                .saturating_add(more.saturating_mul(self.rate as u128)),
        );
        self.filled = now.max(self.filled);
    }

    /// Whether so much is there.
    pub(crate) fn has(&self, amount: usize) -> bool {
        self.left >= amount as u128 * WHOLE
    }

    /// Takes what is there, as [`has`](Self::has) said.
    pub(crate) fn take(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u128 * WHOLE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fills_again_and_no_further_than_it_was() {
        let second = Duration::from_secs;
        let mut rate = Rate::new(10, second(5));
        assert!(rate.has(10) && !rate.has(11));
        rate.take(10);
        rate.fill(second(5));
        assert!(!rate.has(1));
        rate.fill(second(5) + Duration::from_millis(100));
        assert!(rate.has(1) && !rate.has(2));
        rate.fill(second(60));
        assert!(rate.has(10) && !rate.has(11));
    }
}
