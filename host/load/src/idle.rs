//! The idle time of a thread: its waits for the network or a timer.
//!
//! A thread that never waits limits a load: replies have arrived before it looks.

use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;

/// The measure of one thread. Clones are the same.
#[derive(Clone)]
pub(super) struct Idle(Arc<Mutex<Waits>>);

struct Waits {
    began: Instant,
    /// When the thread ended.
    ended: Option<Instant>,
    /// When the current wait began.
    since: Option<Instant>,
    waited: Duration,
}

/// A thread's work up to some moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worked {
    pub(super) busy: Duration,
    pub(super) all: Duration,
}

impl Worked {
    /// The busy share of its time.
    pub(super) fn share(&self) -> f64 {
        self.busy.as_secs_f64() / self.all.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl Idle {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Waits {
            began: Instant::now(),
            ended: None,
            since: None,
            waited: Duration::ZERO,
        })))
    }

    /// Makes the runtime report each wait of its thread.
    pub(super) fn watch(&self, runtime: &mut Builder) {
        let (parks, unparks) = (self.0.clone(), self.0.clone());
        runtime
            .on_thread_park(move || parks.lock().parks(Instant::now()))
            .on_thread_unpark(move || unparks.lock().unparks(Instant::now()));
    }

    /// Ends the measure, since the thread has done its work.
    pub(super) fn ends(&self) {
        self.0.lock().ended.get_or_insert_with(Instant::now);
    }

    /// The thread's work up to now.
    pub(super) fn worked(&self, now: Instant) -> Worked {
        self.0.lock().worked(now)
    }
}

impl Waits {
    fn parks(&mut self, now: Instant) {
        self.since = Some(now);
    }

    fn unparks(&mut self, now: Instant) {
        if let Some(since) = self.since.take() {
            self.waited += now.saturating_duration_since(since);
        }
    }

    fn worked(&self, now: Instant) -> Worked {
        // A thread that had nothing to do has ended early, and is idle from then on.
        let ended = self.ended.map_or(now, |ended| ended.min(now));
        let waits = self
            .since
            .map(|since| ended.saturating_duration_since(since));
        let waited = self.waited + waits.unwrap_or_default();
        let lived = ended.saturating_duration_since(self.began);
        Worked {
            busy: lived.saturating_sub(waited),
            all: now.saturating_duration_since(self.began),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_waited_is_work_also_while_it_waits_and_after_its_end() {
        let began = Instant::now();
        let second = Duration::from_secs(1);
        let mut waits = Waits {
            began,
            ended: None,
            since: None,
            waited: Duration::ZERO,
        };
        waits.parks(began + second);
        waits.unparks(began + 3 * second);
        assert_eq!(waits.worked(began + 4 * second).share(), 0.5);
        waits.parks(began + 4 * second);
        assert_eq!(waits.worked(began + 8 * second).share(), 0.25);
        waits.unparks(began + 8 * second);
        waits.ended = Some(began + 10 * second);
        assert_eq!(waits.worked(began + 10 * second).share(), 0.4);
        assert_eq!(waits.worked(began + 40 * second).share(), 0.1);
    }
}
