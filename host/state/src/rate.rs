//! Rates: the amount that one connection may say in a second.

use super::limits::{Limit, Limits};
use super::problem::Problem;
use std::time::Duration;

/// A token bucket: it fills by `rate` in a second, and holds that much. It fills when it is told to.
#[derive(Debug)]
struct Rate {
    rate: usize,
    /// The rest of it, in billionths.
    left: u128,
    filled: Duration,
}

const WHOLE: u128 = 1_000_000_000;

impl Rate {
    /// A full one.
    fn new(rate: usize, now: Duration) -> Self {
        Self {
            rate,
            left: rate as u128 * WHOLE,
            filled: now,
        }
    }

    /// Adds the amount that has come since the last time.
    fn fill(&mut self, now: Duration) {
        let more = now.saturating_sub(self.filled).as_nanos();
        let full = self.rate as u128 * WHOLE;
        self.left = full.min(
            self.left
                .saturating_add(more.saturating_mul(self.rate as u128)),
        );
        self.filled = now.max(self.filled);
    }

    /// Whether so much is there.
    fn has(&self, amount: usize) -> bool {
        self.left >= amount as u128 * WHOLE
    }

    /// Takes so much, which [`has`](Self::has) has found.
    fn take(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u128 * WHOLE);
    }
}

/// The rates of one connection.
#[derive(Debug)]
pub(crate) struct Rates {
    messages: Rate,
    bytes: Rate,
    deliveries: Rate,
}

impl Rates {
    /// Full ones.
    pub(crate) fn new(limits: &Limits, now: Duration) -> Self {
        Self {
            messages: Rate::new(limits.messages_per_second, now),
            bytes: Rate::new(limits.bytes_per_second, now),
            deliveries: Rate::new(limits.deliveries_per_second, now),
        }
    }

    /// Adds the amounts that have come since the last time.
    pub(crate) fn fill(&mut self, now: Duration) {
        self.messages.fill(now);
        self.bytes.fill(now);
        self.deliveries.fill(now);
    }

    /// Takes a message of so many bytes, or a subscription, for so many who hear it.
    ///
    /// # Errors
    /// A rate is used up. Nothing is taken then.
    pub(crate) fn spend(&mut self, bytes: usize, audience: usize) -> Result<(), Problem> {
        if !self.messages.has(1) {
            return Err(Problem::TooMany(Limit::MessagesPerSecond));
        }
        if !self.bytes.has(bytes) {
            return Err(Problem::TooMany(Limit::BytesPerSecond));
        }
        // However many hear it, it can be said when nothing else was.
        let most = self.deliveries.rate.max(1);
        if !self.deliveries.has(audience.min(most)) {
            return Err(Problem::TooMany(Limit::DeliveriesPerSecond));
        }
        self.messages.take(1);
        self.bytes.take(bytes);
        self.deliveries.take(audience);
        Ok(())
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
