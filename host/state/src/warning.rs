//! Warnings of a place that can't be used, no more often than a person reads them.

use parking_lot::Mutex;
use std::fmt;
use std::time::{Duration, Instant};

/// The log says that a place can't be used once in so long, and nothing in between.
/// Test: `state::redis::failures::redis_that_goes_away_costs_no_connection`.
const EVERY: Duration = Duration::from_secs(1);

/// Warnings of one kind.
#[derive(Debug)]
pub(crate) struct Warnings(Mutex<Option<Instant>>);

impl Warnings {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Logs this, unless something was logged just now.
    pub(crate) fn warn(&self, what: fmt::Arguments<'_>) {
        let mut last = self.0.lock();
        if last.is_none_or(|last| last.elapsed() >= EVERY) {
            *last = Some(Instant::now());
            drop(last);
            tracing::warn!("{what}");
        }
    }
}
