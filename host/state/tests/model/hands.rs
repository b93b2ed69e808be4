//! Time that a test moves, by the hands of its clock.

use eco_state::Clock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// See the module.
pub(crate) trait Hands: Send + Sync {
    /// The length of a step of the model.
    fn step(&self) -> Duration;
    /// So many steps pass.
    fn moves(&self, steps: u64);
}

/// Of a clock: milliseconds.
#[derive(Default)]
pub(crate) struct ClockHands(AtomicU64);

impl Clock for ClockHands {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl Hands for ClockHands {
    fn step(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn moves(&self, steps: u64) {
        self.0.fetch_add(steps, Ordering::Relaxed);
    }
}
