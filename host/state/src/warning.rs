//! What the log says of a place that can't be used: not more often than somebody reads it.
//!
//! It owns how often. It must not know what is wrong.

use parking_lot::Mutex;
use std::fmt;
use std::time::{Duration, Instant};

/// The log says that a place can't be used once in so long; what comes in between is not said.
/// Test: `many_hosts::redis_that_goes_away_costs_no_connection`.
const EVERY: Duration = Duration::from_secs(1);

/// Warnings of one kind.
#[derive(Debug)]
pub(crate) struct Warnings(Mutex<Option<Instant>>);

impl Warnings {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Says this, unless something was said just now.
    pub(crate) fn warn(&self, what: fmt::Arguments<'_>) {
        let mut last = self.0.lock();
        if last.is_none_or(|last| last.elapsed() >= EVERY) {
            *last = Some(Instant::now());
            drop(last);
            tracing::warn!("{what}");
        }
    }
}
