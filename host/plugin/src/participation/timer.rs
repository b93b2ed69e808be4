//! The timer of a connection.

use crate::laboratory::Laboratory;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// The least delay of a timer; shorter delays are raised to it. Thousands of connections may have a timer, and each
/// call takes the host some microseconds. A laboratory has no such limit, since its time is virtual.
/// Test: `fairness::events::a_timer_comes_a_hundred_times_in_a_second_at_most`.
pub(crate) const LEAST: Duration = Duration::from_millis(10);

/// A timer of the system's clock, or of a laboratory's.
pub(crate) enum Timer {
    Real {
        set: bool,
        /// Kept for the next time when the timer is cancelled.
        sleep: Option<Pin<Box<Sleep>>>,
    },
    Laboratory {
        laboratory: Laboratory,
        /// The number of the timer's connection.
        connection: u64,
        due: Option<Duration>,
    },
}

impl Timer {
    pub(crate) fn new(connection: u64, laboratory: Option<&Laboratory>) -> Self {
        match laboratory {
            Some(laboratory) => Self::Laboratory {
                laboratory: laboratory.clone(),
                connection,
                due: None,
            },
            None => Self::Real {
                set: false,
                sleep: None,
            },
        }
    }

    /// Sets the timer to this delay from now, or cancels it.
    pub(crate) fn set(&mut self, after: Option<Duration>) {
        match self {
            Self::Real { set, sleep } => {
                let after = after.map(|after| after.max(LEAST));
                // A time beyond the clock's range never comes.
                let due = after.and_then(|after| Instant::now().checked_add(after));
                *set = due.is_some();
                match (due, sleep) {
                    (Some(due), Some(sleep)) => sleep.as_mut().reset(due),
                    (Some(due), none) => *none = Some(Box::pin(sleep_until(due))),
                    (None, _) => {}
                }
            }
            Self::Laboratory {
                laboratory,
                connection,
                due,
            } => {
                *due = after.map(|after| laboratory.elapsed().saturating_add(after));
                laboratory.set_timer(*connection, *due);
            }
        }
    }

    /// The time up to its end; none where it isn't set.
    pub(crate) fn left(&self) -> Duration {
        match self {
            Self::Real {
                set: true,
                sleep: Some(sleep),
            } => sleep.deadline().saturating_duration_since(Instant::now()),
            Self::Laboratory {
                laboratory,
                due: Some(due),
                ..
            } => due.saturating_sub(laboratory.elapsed()),
            Self::Real { .. } | Self::Laboratory { .. } => Duration::ZERO,
        }
    }

    /// Ready when the timer is over. A laboratory's timer wakes no task: the code that advances the clock polls
    /// again.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Real {
                set: true,
                sleep: Some(sleep),
            } => sleep.as_mut().poll(cx),
            Self::Laboratory {
                laboratory,
                due: Some(due),
                ..
            } if *due <= laboratory.elapsed() => Poll::Ready(()),
            Self::Real { .. } | Self::Laboratory { .. } => Poll::Pending,
        }
    }

    /// Whether the timer is over. The answer is yes only once.
    pub(super) fn is_due(&mut self) -> bool {
        match self {
            Self::Real { set, sleep } => {
                let is_over = sleep.as_ref().is_some_and(|sleep| sleep.is_elapsed());
                let is_due = *set && is_over;
                *set &= !is_due;
                is_due
            }
            Self::Laboratory {
                laboratory,
                connection,
                due,
            } => {
                let is_due = due.is_some_and(|due| due <= laboratory.elapsed());
                if is_due {
                    *due = None;
                    laboratory.set_timer(*connection, None);
                }
                is_due
            }
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Self::Laboratory {
            laboratory,
            connection,
            due: Some(_),
        } = self
        {
            laboratory.set_timer(*connection, None);
        }
    }
}
