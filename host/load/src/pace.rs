//! The start of each dialogue, at once or at its due time, and the end of the run.

use super::timer;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Longer than any run: a hundred years.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Groups into which the ages of dialogues that never began are rounded.
const GROUPS: u64 = 10_000;

/// The number of dialogues, and their rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Dialogues a second. `None`: as many as the server can take.
    pub(super) rate: Option<f64>,
    /// Dialogues in all. `None`: until the time is over.
    pub(super) count: Option<u64>,
}

/// The goal of a run.
#[derive(Clone, Copy)]
pub enum Goal {
    /// This time passes.
    Time(Duration),
    /// So many dialogues are over.
    Dialogues(u64),
}

/// The rest of a run, shared by all its connections.
pub(super) struct Pace {
    plan: Plan,
    started: Instant,
    taken: AtomicU64,
    ended: OnceLock<Instant>,
    /// Wakes all that wait for the end.
    over: CancellationToken,
}

/// A dialogue that may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    /// At this time, which may be over already.
    At(Instant),
}

impl Due {
    /// Its due time, if it has one.
    pub(super) fn time(self) -> Option<Instant> {
        match self {
            Self::Now => None,
            Self::At(due) => Some(due),
        }
    }
}

impl Pace {
    pub(super) fn start(plan: Plan) -> Self {
        Self {
            plan,
            started: Instant::now(),
            taken: AtomicU64::new(0),
            ended: OnceLock::new(),
            over: CancellationToken::new(),
        }
    }

    /// Claims the next dialogue. `None` if the run is over and all that was due has begun.
    ///
    /// Due dialogues are claimed in their order, by any free connection. A slow server makes connections
    /// claim late, and that delay is measured.
    pub(super) fn next(&self) -> Option<Due> {
        let ended = self.ended.get();
        let Plan { rate, count } = self.plan;
        if rate.is_none() && ended.is_some() {
            return None;
        }
        if rate.is_none() && count.is_none() {
            return Some(Due::Now);
        }
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        if count.is_some_and(|count| number >= count) {
            return None;
        }
        let due = rate.map_or(Due::Now, |rate| Due::At(self.due(number, rate)));
        match (due, ended) {
            (Due::At(due), Some(ended)) if due > *ended => None,
            _ => Some(due),
        }
    }

    fn due(&self, number: u64, rate: f64) -> Instant {
        // A time beyond a human life never comes.
        let after = Duration::try_from_secs_f64(number as f64 / rate).unwrap_or(FOR_EVER);
        self.started + after.min(FOR_EVER)
    }

    /// Ends the run: no more dialogues become due. The first call is the end.
    pub(super) fn end(&self) -> Instant {
        let ended = *self.ended.get_or_init(Instant::now);
        self.over.cancel();
        ended
    }

    /// Waits for [`end`](Self::end).
    pub(super) async fn ended(&self) {
        self.over.cancelled().await;
    }

    /// Whether another dialogue may begin.
    pub(super) fn has_more(&self) -> bool {
        let taken = || self.taken.load(Ordering::Relaxed);
        self.ended.get().is_none() && self.plan.count.is_none_or(|count| taken() < count)
    }

    /// Whether dialogues have due times.
    pub(super) fn is_timed(&self) -> bool {
        self.plan.rate.is_some()
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// The dialogues that were due at `end` and never began: their age, and how many have about that age.
    /// There are at most [`GROUPS`] ages, since a rate may ask for any number of dialogues.
    pub(super) fn missed(&self, end: Instant) -> Vec<(Duration, u64)> {
        let Plan {
            rate: Some(rate),
            count,
        } = self.plan
        else {
            return Vec::new();
        };
        // The first one is due at once.
        let due = (end.duration_since(self.started).as_secs_f64() * rate) as u64;
        let due = due.saturating_add(1).min(count.unwrap_or(u64::MAX));
        let mut next = self.taken.load(Ordering::Relaxed);
        let step = due.saturating_sub(next).div_ceil(GROUPS).max(1);
        let mut missed = Vec::new();
        while next < due {
            let many = step.min(due - next);
            let middle = self.due(next + many / 2, rate);
            missed.push((end.saturating_duration_since(middle), many));
            next += many;
        }
        missed
    }
}

/// Wakes the tasks of one thread when their dialogues are due, to some microseconds. The timers of tokio
/// count in milliseconds, and their error would count as the server's.
#[derive(Clone)]
pub(super) struct WakeUps(mpsc::UnboundedSender<(Instant, oneshot::Sender<()>)>);

impl WakeUps {
    /// Starts it in the current runtime.
    pub(super) fn start() -> std::io::Result<Self> {
        let (set, mut wake_ups) = mpsc::unbounded_channel::<(Instant, oneshot::Sender<()>)>();
        let mut timer = timer::Timer::new()?;
        tokio::spawn(async move {
            // They come in the order of their due times, since they are claimed in it.
            while let Some((due, wake)) = wake_ups.recv().await {
                if let Err(error) = timer.wait(due).await {
                    tracing::warn!("a timer failed: {error}");
                }
                // The task may be gone.
                let _ = wake.send(());
            }
        });
        Ok(Self(set))
    }

    /// Waits until then. The tasks of one thread must ask in the order of their times.
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

    /// A stalled server keeps the connections from claiming dialogues that are due.
    #[test]
    fn what_was_due_and_never_begun_has_waited_since_it_was_due() {
        let pace = Pace::start(Plan {
            rate: Some(10.0),
            count: None,
        });
        pace.next().unwrap();
        let end = pace.started() + Duration::from_millis(350);
        let missed = pace.missed(end);
        let ages: Vec<_> = missed.iter().map(|(age, _)| age.as_millis()).collect();
        assert_eq!(ages, [250, 150, 50]);
        // The second was due by now, and may still begin; later ones may not.
        pace.end();
        let later = Pace::start(Plan {
            rate: Some(1e-3),
            count: None,
        });
        later.end();
        assert!(later.next().is_some());
        assert_eq!(later.next(), None);
    }

    #[test]
    fn a_rate_beyond_all_measure_is_counted_all_the_same() {
        let pace = Pace::start(Plan {
            rate: Some(1e12),
            count: None,
        });
        let end = pace.started() + Duration::from_secs(1);
        let missed = pace.missed(end);
        assert!(missed.len() <= 10_000);
        let all: u64 = missed.iter().map(|(_, many)| many).sum();
        assert_eq!(all, 1_000_000_000_001);
    }
}
