//! A limit on how often the log says something.

use std::time::Duration;
use tokio::time::Instant;

/// Lets one of many through in each interval.
pub(super) struct RateLimit {
    interval: Duration,
    last: Option<Instant>,
}

impl RateLimit {
    pub(super) fn new(interval: Duration) -> Self {
        let last = None;
        Self { interval, last }
    }

    /// Whether this one may pass.
    pub(super) fn allows(&mut self) -> bool {
        let now = Instant::now();
        let allows = self
            .last
            .is_none_or(|last| now.duration_since(last) >= self.interval);
        if allows {
            self.last = Some(now);
        }
        allows
    }
}
