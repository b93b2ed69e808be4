//! When the next dialogue starts: at once, or when it is due; and when there is none any more.

use super::timer;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How many dialogues, and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Dialogues a second. `None`: as many as the server can take.
    pub(super) rate: Option<f64>,
    /// Dialogues in all. `None`: until the time is over.
    pub(super) count: Option<u64>,
}

/// What is left of a run, shared by all of its connections.
pub(super) struct Pace {
    plan: Plan,
    started: Instant,
    taken: AtomicU64,
    /// Done when no dialogue may begin any more.
    over: CancellationToken,
}

/// A dialogue that may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    /// At this time, which may be over already.
    At(Instant),
}

impl Pace {
    pub(super) fn start(plan: Plan) -> Self {
        Self {
            plan,
            started: Instant::now(),
            taken: AtomicU64::new(0),
            over: CancellationToken::new(),
        }
    }

    /// Claims the next dialogue, whoever asks. `None` when the run is over.
    ///
    /// Those that are due are given in their order, to whichever connection is free: where the server
    /// is slow they are claimed late, and know it.
    pub(super) fn next(&self) -> Option<Due> {
        if self.over.is_cancelled() {
            return None;
        }
        let Plan { rate, count } = self.plan;
        if rate.is_none() && count.is_none() {
            return Some(Due::Now);
        }
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        if count.is_some_and(|count| number >= count) {
            return None;
        }
        Some(match rate {
            Some(rate) => Due::At(self.due(number, rate)),
            None => Due::Now,
        })
    }

    fn due(&self, number: u64, rate: f64) -> Instant {
        self.started + Duration::from_secs_f64(number as f64 / rate)
    }

    /// No more dialogues begin.
    pub(super) fn end(&self) {
        self.over.cancel();
    }

    /// Waits for [`end`](Self::end).
    pub(super) async fn ended(&self) {
        self.over.cancelled().await;
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// How long ago each dialogue was due at `end` that nobody could begin.
    pub(super) fn missed(&self, end: Instant) -> impl Iterator<Item = Duration> {
        let taken = self.taken.load(Ordering::Relaxed);
        let Plan { rate, count } = self.plan;
        // The first one is due at once.
        let due = rate.map_or(0, |rate| {
            (end.duration_since(self.started).as_secs_f64() * rate) as u64 + 1
        });
        let due = due.min(count.unwrap_or(u64::MAX));
        let rate = rate.unwrap_or(1.0);
        (taken..due).map(move |number| end.saturating_duration_since(self.due(number, rate)))
    }
}

/// Wakes the tasks of one thread when their dialogues are due, to some microseconds: the timers of
/// tokio count in milliseconds, which would be measured as the server's.
#[derive(Clone)]
pub(super) struct Alarm(mpsc::UnboundedSender<(Instant, oneshot::Sender<()>)>);

impl Alarm {
    /// Starts it, in the current runtime.
    pub(super) fn start() -> std::io::Result<Self> {
        let (set, mut alarms) = mpsc::unbounded_channel::<(Instant, oneshot::Sender<()>)>();
        let mut timer = timer::Timer::new()?;
        tokio::spawn(async move {
            // They are set in the order in which they are due, since they are claimed in it.
            while let Some((due, wake)) = alarms.recv().await {
                if let Err(error) = timer.wait(due).await {
                    tracing::warn!("a timer failed: {error}");
                }
                // Whoever waited may have gone.
                let _ = wake.send(());
            }
        });
        Ok(Self(set))
    }

    /// Waits until then. Those of one thread must be asked for in their order.
    pub(super) async fn at(&self, due: Instant) {
        if due > Instant::now() {
            let (wake, woken) = oneshot::channel();
            let _ = self.0.send((due, wake));
            let _ = woken.await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn dialogues_are_due_one_after_the_other_and_end_with_their_count() {
        let pace = Pace::start(Plan {
            rate: Some(100.0),
            count: Some(2),
        });
        let begun = pace.started();
        assert_eq!(pace.next(), Some(Due::At(begun)));
        let later = begun + Duration::from_millis(10);
        assert_eq!(pace.next(), Some(Due::At(later)));
        assert_eq!(pace.next(), None);
    }

    /// A server that stalls keeps the connections from claiming what is due.
    #[test]
    fn what_was_due_and_never_begun_has_waited_since_it_was_due() {
        let pace = Pace::start(Plan {
            rate: Some(10.0),
            count: None,
        });
        pace.next().unwrap();
        let end = pace.started() + Duration::from_millis(350);
        let missed: Vec<_> = pace.missed(end).map(|age| age.as_millis()).collect();
        assert_eq!(missed, [250, 150, 50]);
        pace.end();
        assert_eq!(pace.next(), None);
    }
}
