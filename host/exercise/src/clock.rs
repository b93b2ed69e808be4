//! The clock of one submission: processor time of all that is done to judge it.
//!
//! It owns the counting. It reads the clock of the thread that does the work, so that a busy machine takes
//! nothing from it.

use super::connections::Failed;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

/// The processor time of one submission, in all and used.
pub(super) struct Clock {
    most: Duration,
    /// Nanoseconds used up to the last pause.
    used: AtomicU64,
    /// The reading of the thread's clock at the last start.
    since: AtomicU64,
}

/// All of the time is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "all runs of all cases together have used up the {} of processor time that there are for them",
    humantime::format_duration(*.0)
)]
pub(super) struct UsedUp(Duration);

impl From<UsedUp> for Failed {
    fn from(used_up: UsedUp) -> Self {
        Self::Internal(used_up.to_string())
    }
}

/// `since` during a pause.
const PAUSED: u64 = u64::MAX;

impl Clock {
    pub(super) fn new(most: Duration) -> Self {
        Self {
            most,
            used: AtomicU64::new(0),
            since: AtomicU64::new(PAUSED),
        }
    }

    /// Does some of the work, and counts its time. Once the time is up, work is left where it pauses.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, UsedUp> {
        let mut work = pin!(work);
        std::future::poll_fn(|cx| {
            if let Err(used_up) = self.check() {
                return Poll::Ready(Err(used_up));
            }
            let since = now();
            self.since.store(since, Ordering::Relaxed);
            let polled = work.as_mut().poll(cx);
            self.since.store(PAUSED, Ordering::Relaxed);
            let used = now().saturating_sub(since);
            self.used.fetch_add(used, Ordering::Relaxed);
            polled.map(Ok)
        })
        .await
    }

    /// Checks that some time is left. Long work needs this before it begins, since it may never pause.
    pub(super) fn check(&self) -> Result<(), UsedUp> {
        let since = self.since.load(Ordering::Relaxed);
        let running = match since {
            PAUSED => 0,
            since => now().saturating_sub(since),
        };
        let used = self.used.load(Ordering::Relaxed).saturating_add(running);
        if Duration::from_nanos(used) < self.most {
            Ok(())
        } else {
            Err(UsedUp(self.most))
        }
    }
}

/// Processor time of this thread, in nanoseconds.
#[cfg(unix)]
fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).map_or(0, nanoseconds)
}

/// Without a clock for each thread, all time counts in which the thread could run.
#[cfg(not(unix))]
fn now() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    nanoseconds(BEGAN.elapsed())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::time::Instant;

    /// Takes some processor time.
    fn work() {
        black_box((0..black_box(1000_u64)).sum::<u64>());
    }

    #[tokio::test]
    async fn work_that_never_pauses_is_told() {
        let clock = Clock::new(Duration::from_millis(20));
        let told = clock.within(async {
            while clock.check().is_ok() {
                work();
            }
        });
        assert_eq!(told.await, Ok(()));
        let next = clock.within(async { unreachable!("nothing is begun any more") });
        assert!(next.await.is_err());
    }

    #[tokio::test]
    async fn work_that_pauses_is_left_and_what_it_waits_costs_nothing() {
        let clock = Clock::new(Duration::from_millis(20));
        let began = Instant::now();
        let waits = clock.within(tokio::time::sleep(Duration::from_millis(60)));
        assert!(waits.await.is_ok());
        assert!(began.elapsed() > Duration::from_millis(50));
        let left: Result<(), UsedUp> = clock
            .within(async {
                loop {
                    work();
                    tokio::task::yield_now().await;
                }
            })
            .await;
        assert_eq!(left, Err(UsedUp(Duration::from_millis(20))));
    }
}
