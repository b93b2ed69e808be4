//! A timeout for many waits, at next to no cost if they end in time.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// A limit on each of many waits, one after the other. Its timer is set once and not moved at every
/// wait: when it goes off too early, because another wait has begun since, it is set anew for the
/// rest.
#[derive(Debug)]
pub struct ReusableTimeout {
    limit: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whom the timer wakes.
    waker: Option<Waker>,
}

impl ReusableTimeout {
    /// `None`: it waits for ever.
    pub fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            timer: None,
            waker: None,
        }
    }

    /// The output of `future`, or `None` if it takes longer than the limit. The future is dropped either way.
    ///
    /// # Cancel safety
    /// That of `future`. The next wait begins anew.
    pub async fn within<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut since = None;
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.poll_expired(&mut since, cx).map(|()| None),
        })
        .await
    }

    /// Ready when this wait has taken longer than the limit. `since` is when it began, as far as it
    /// is known: `None` at the first call for a wait.
    pub(super) fn poll_expired(
        &mut self,
        since: &mut Option<Instant>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        // A timer that is running wakes this task by itself; until then there is nothing to see.
        let begins = since.is_none();
        // A timeout too long for the clock is none.
        let Some(deadline) = since.get_or_insert_with(Instant::now).checked_add(limit) else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        let waker = cx.waker();
        let known = self
            .waker
            .as_ref()
            .is_some_and(|known| known.will_wake(waker));
        if begins && known && !timer.is_elapsed() {
            return Poll::Pending;
        }
        if !known {
            self.waker = Some(waker.clone());
        }
        loop {
            // Without tokio's budget of a task: once that is used up a timer is not even set.
            ready!(pin!(unconstrained(timer.as_mut())).poll(cx));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }
}
