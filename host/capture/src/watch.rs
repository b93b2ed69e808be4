//! Whether somebody looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Somebody who has looked is taken to look on for so long. A page asks once a second, and a browser that is busy seldom takes
/// longer than this. After it nothing more is kept. Test: `watch::tests::who_has_looked_looks_on_for_ten_seconds`.
const LOOKS_ON: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug)]
pub(crate) struct Watch {
    began: Instant,
    /// Until when, in milliseconds since it began.
    until: AtomicU64,
    /// Whether that may still be to come. It is put off by the first who sees that it is over.
    is_on: Arc<AtomicBool>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            until: AtomicU64::new(0),
            is_on: Arc::default(),
        }
    }
}

impl Watch {
    /// Somebody looks now.
    pub(crate) fn look(&self, now: Instant) {
        let until = self.milliseconds(now + LOOKS_ON);
        self.until.store(until, Ordering::Relaxed);
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Set while somebody looks, and until somebody sees that it is over.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        self.is_on.clone()
    }

    /// Whether somebody looks. Without a reading of the clock: it may be over since a while.
    pub(crate) fn may_be_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Whether somebody looks.
    pub(crate) fn is_on(&self, now: Instant) -> bool {
        let is_on = self.may_be_on() && self.milliseconds(now) < self.until.load(Ordering::Relaxed);
        if !is_on {
            self.is_on.store(false, Ordering::Relaxed);
        }
        is_on
    }

    fn milliseconds(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.began).as_millis();
        u64::try_from(since).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_looked_looks_on_for_ten_seconds() {
        let (watch, now) = (Watch::default(), Instant::now());
        assert!(!watch.is_on(now) && !watch.may_be_on());
        watch.look(now);
        assert!(watch.is_on(now + LOOKS_ON - Duration::from_millis(1)));
        assert!(watch.may_be_on());
        assert!(!watch.is_on(now + LOOKS_ON + Duration::from_millis(1)));
        assert!(!watch.may_be_on());
        watch.look(now + 2 * LOOKS_ON);
        assert!(watch.is_on(now + 2 * LOOKS_ON));
    }
}
