//! Clocks, by which times to live and rates are counted.

use std::time::{Duration, Instant, SystemTime};

/// A clock. It never goes back, but for [`WallClock`].
pub trait Clock: Send + Sync {
    /// The time since some moment in the past, always the same.
    fn now(&self) -> Duration;
}

/// The system's.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The time since 1970, for state that outlives the process. Somebody may set it back: then entries with a time to live
/// are kept longer.
#[derive(Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Duration {
        SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
    }
}
