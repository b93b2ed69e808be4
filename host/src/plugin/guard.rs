//! Processor time: what one call may use, and how long calls make way for short ones.
//!
//! A guest can't be stopped while it runs, only at the ticks of the engine's clock. At each tick a
//! call that is still running is counted, and yields. From its second tick on it says that it takes
//! long, so that it runs where it is in nobody's way, and waits for a place in the
//! [`Lane`](super::lane), so that on a machine with several processors one at least is free for the
//! calls, nearly all, that take microseconds.

use super::budget::{Budget, Budgets, TICK};
use super::lane::{Lane, Place};
use crate::contract::Effort;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread::ThreadId;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime::UpdateDeadline;

/// Ticks that a call may use before it has to wait its turn.
const SHORT: u32 = 1;

/// What the guest's side of a call, at a tick, and the caller's side tell each other.
#[derive(Default)]
pub(super) struct Turn {
    pause: Mutex<Pause>,
    /// Whether the call takes long, for whoever runs it.
    effort: Effort,
}

#[derive(Default)]
struct Pause {
    /// The call's place in the lane. It is given back whenever the guest stops running, so that a
    /// call that sleeps holds up nobody.
    place: Option<Place>,
    /// Whether the guest stopped to make way for others, and not to wait for something.
    made_way: bool,
    /// When the guest went on after that.
    went_on: Option<Reading>,
}

/// The processor time that a thread has used.
struct Reading {
    thread: ThreadId,
    used: Duration,
}

impl Reading {
    /// Of this thread. `None` where the system doesn't say.
    fn now() -> Option<Self> {
        #[cfg(unix)]
        {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            Some(Self {
                thread: std::thread::current().id(),
                used: Duration::try_from(time).ok()?,
            })
        }
        #[cfg(not(unix))]
        None
    }

    /// What this thread has used since, if it is the same.
    fn since(&self) -> Option<Duration> {
        let now = Self::now().filter(|now| now.thread == self.thread)?;
        now.used.checked_sub(self.used)
    }
}

impl Turn {
    fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a call to its end, or to the end of the time that it may wait. The time in which it runs is
/// the [`Meter`]'s, and that in which it makes way for others is nobody's.
///
/// The timer costs nothing to the calls, nearly all, that end without a pause.
pub(super) async fn bounded<F: Future>(
    mut call: Pin<&mut F>,
    turn: &Turn,
    budgets: &Budgets,
) -> Result<F::Output, Budget> {
    let mut left = budgets.wait;
    let mut waiting: Option<(Instant, Pin<Box<Sleep>>)> = None;
    let mut paused = false;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(result) = call.as_mut().poll(cx) {
            if paused {
                *turn.pause() = Pause::default();
                turn.effort.set_long(false);
            }
            return Poll::Ready(Ok(result));
        }
        paused = true;
        let mut pause = turn.pause();
        pause.place = None;
        if pause.made_way {
            if let Some((since, _)) = waiting.take() {
                left = left.saturating_sub(since.elapsed());
            }
            return Poll::Pending;
        }
        let (_, timer) = waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        let waited = timer.as_mut().poll(cx);
        if waited.is_ready() {
            turn.effort.set_long(false);
        }
        waited.map(|()| Err(Budget::Wait))
    })
    .await
}

/// The processor time of the running call.
pub(super) struct Meter {
    ticks: u32,
    used: Duration,
    pub(super) turn: Arc<Turn>,
}

impl Meter {
    /// For an instance whose calls say by `effort` when they take long.
    pub(super) fn new(effort: Effort) -> Self {
        let turn = Turn {
            effort,
            ..Turn::default()
        };
        Self {
            ticks: 0,
            used: Duration::ZERO,
            turn: Arc::new(turn),
        }
    }

    /// Before each call.
    pub(super) fn start(&mut self) {
        self.ticks = 0;
        self.used = Duration::ZERO;
    }

    /// What a call does at a tick. Its first tick may have come at once, so that only what follows
    /// counts as time. Ticks pass also while the system runs other programs, so that a tick counts for
    /// what the guest really had of it; where nobody knows, because it waited in between, for a whole
    /// one.
    pub(super) fn on_tick(
        &mut self,
        cpu: Duration,
        lane: &Lane,
    ) -> wasmtime::Result<UpdateDeadline> {
        self.ticks += 1;
        let ticks = self.ticks;
        if ticks > 1 {
            let went_on = self.turn.pause().went_on.take();
            let had = went_on.and_then(|went_on| went_on.since());
            self.used += had.map_or(TICK, |had| had.min(TICK));
        }
        // A tick is never quite ten milliseconds.
        if self.used + TICK / 2 > cpu {
            return Err(Budget::Cpu.into());
        }
        let (lane, turn) = (lane.clone(), self.turn.clone());
        turn.effort.set_long(ticks > SHORT);
        let wait = async move {
            turn.pause().made_way = true;
            tokio::task::yield_now().await;
            let place = match ticks > SHORT {
                true => Some(lane.enter(ticks).await),
                false => None,
            };
            *turn.pause() = Pause {
                place,
                made_way: false,
                // The guest goes on in this thread, as soon as this future is done.
                went_on: Reading::now(),
            };
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first tick of a call may come the moment that it starts.
    #[tokio::test]
    async fn a_call_has_its_whole_budget_whenever_it_starts() {
        let (mut meter, lane) = (Meter::new(Effort::default()), Lane::for_this_machine());
        assert!(meter.on_tick(TICK, &lane).is_ok());
        assert!(meter.on_tick(TICK, &lane).is_err());
        meter.start();
        assert!(meter.on_tick(TICK, &lane).is_ok());
    }

    /// While the system runs other programs the clock ticks on.
    #[cfg(unix)]
    #[tokio::test]
    async fn only_time_that_the_guest_had_counts() {
        let (mut meter, lane) = (Meter::new(Effort::default()), Lane::for_this_machine());
        for _ in 0..100 {
            let tick = meter.on_tick(2 * TICK, &lane);
            assert!(tick.is_ok(), "it had none, and was cut");
            if let Ok(UpdateDeadline::YieldCustom(_, wait)) = tick {
                wait.await;
            }
            // As `bounded` does whenever the guest stops.
            meter.turn.pause().place = None;
        }
    }
}
