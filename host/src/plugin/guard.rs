//! Processor time: what one call may use, and how long calls make way for short ones.
//!
//! A guest can't be stopped while it runs, only at the ticks of the engine's clock. At each tick a
//! call that is still running is counted, and yields. From its second tick on it also waits for the
//! [`Lane`], which leaves at least one worker thread free for calls that take microseconds.

use super::budget::{Budget, Budgets, TICK};
use super::sandbox::State;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::UpdateDeadline;

/// Ticks that a call may use before it has to wait its turn.
const SHORT: u32 = 1;

/// Lets only so many long calls run at the same time.
#[derive(Clone)]
pub(super) struct Lane(Arc<Semaphore>);

impl Lane {
    /// One place fewer than there are processors, and at least one.
    pub(super) fn for_this_machine() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(
            processors.saturating_sub(1).max(1),
        )))
    }
}

/// A call's place in the lane, if it has one. The guest's side takes it, at a tick; the caller's
/// side gives it back whenever the guest stops running, so that a call that sleeps holds up nobody.
#[derive(Default)]
pub(super) struct Turn(Mutex<Option<OwnedSemaphorePermit>>);

impl Turn {
    fn set(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// Runs a call to its end, or to the end of its time. `turn` is given back at every pause.
///
/// The timer costs nothing to the calls, nearly all, that end without a pause.
pub(super) async fn bounded<F: Future>(
    mut call: Pin<&mut F>,
    turn: &Turn,
    budgets: &Budgets,
) -> Result<F::Output, Budget> {
    let mut timer: Option<Pin<Box<tokio::time::Sleep>>> = None;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(result) = call.as_mut().poll(cx) {
            if timer.is_some() {
                turn.set(None);
            }
            return Poll::Ready(Ok(result));
        }
        turn.set(None);
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(budgets.time)));
        timer.as_mut().poll(cx).map(|()| Err(Budget::Time))
    })
    .await
}

/// What a call does at a tick.
pub(super) fn on_tick(state: &mut State) -> wasmtime::Result<UpdateDeadline> {
    state.ticks += 1;
    if TICK * state.ticks >= state.engine.budgets.cpu {
        return Err(Budget::Cpu.into());
    }
    if state.ticks <= SHORT {
        return Ok(UpdateDeadline::Yield(1));
    }
    let lane = state.engine.lane.clone();
    let turn = state.turn.clone();
    // The deadline is set when this future is done, so that waiting isn't counted.
    let wait = async move {
        tokio::task::yield_now().await;
        turn.set(lane.0.acquire_owned().await.ok());
    };
    Ok(UpdateDeadline::YieldCustom(1, Box::pin(wait)))
}
