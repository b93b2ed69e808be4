//! The processor time of a plugin's calls, in all its instances.

use eco_fair::Account;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Processor time of all calls of a plugin, in all its instances.
#[derive(Default)]
pub(crate) struct TotalTime {
    /// Moving average of a call's time, in nanoseconds.
    average: AtomicU64,
    /// Recent processor time of the plugin's calls.
    account: Arc<Account>,
}

impl TotalTime {
    /// Adds a call's time to the average. Of two calls that end at once, one may be lost.
    pub(super) fn took(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let average = self.average.load(Ordering::Relaxed);
        // The average rises fast and falls slowly, so that short calls don't hide the long ones between them.
        let average = if time > average {
            average + (time - average) / 4
        } else {
            average - (average - time) / 64
        };
        self.average.store(average, Ordering::Relaxed);
    }

    pub(super) fn average(&self) -> Duration {
        Duration::from_nanos(self.average.load(Ordering::Relaxed))
    }

    /// Recent processor time of the plugin's calls.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }
}
