//! The calls of a program: where one ends, and the next begins. Both happen within a function of WASI, on the program's
//! own stack.
//!
//! It does for a program what [`Entered`](crate::instance::Entered) does for a plugin. The session bounds the time.

use crate::error::Error;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::check_ended;
use crate::instance::state::InstanceState;
use crate::stdio::{Pipes, QUEUE, Replies};
use crate::usage::Usage;
use eco_compile::Budget;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{AsContext as _, AsContextMut, Store, StoreContextMut};

/// A store, or what leads to it, within the program's run.
pub(super) trait InRun: AsContextMut<Data = InstanceState> + Send {}

impl<S: AsContextMut<Data = InstanceState> + Send> InRun for S {}

/// The pipes of an instance. Those of one that is only tried out are closed.
pub(super) fn pipes(state: &InstanceState) -> Arc<Pipes> {
    let stdio = state.imports.wasi.stdio();
    stdio.map_or_else(
        || Arc::new(Pipes::new(Replies::Whole, 0)),
        |stdio| stdio.pipes.clone(),
    )
}

/// Waits for input: the running call ends, and the next one begins.
pub(super) async fn wait_for_input(store: &mut impl InRun, pipes: &Pipes) -> wasmtime::Result<()> {
    let used = end_call(store, pipes)?;
    pipes.wait_for_input().await;
    begin_call(store, pipes, used).await
}

/// As [`wait_for_input`], or for something `other` that may come first. Returns that, if it came.
pub(super) async fn wait_for_input_or<T>(
    store: &mut impl InRun,
    pipes: &Pipes,
    other: impl Future<Output = T>,
) -> wasmtime::Result<Option<T>> {
    let used = end_call(store, pipes)?;
    let came = pipes.wait_for_input_or(other).await;
    begin_call(store, pipes, used).await?;
    Ok(came)
}

/// Ends the running call. Returns the processor time that it has had.
///
/// # Errors
/// It has broken a budget that is counted as calls end.
pub(super) fn end_call(store: &mut impl InRun, pipes: &Pipes) -> Result<Duration, Budget> {
    let mut store = store.as_context_mut();
    let used = end_metering(&mut store, pipes);
    store.data_mut().release_for_call();
    check_ended(&store)?;
    let state = store.data_mut();
    let watch = state.running.take();
    state.watched(watch, &Ok(()));
    Ok(used)
}

/// Ends the time of the running call, and notes what the instance has used. Returns the processor time that the call has had.
fn end_metering(store: &mut StoreContextMut<'_, InstanceState>, pipes: &Pipes) -> Duration {
    let state = store.data_mut();
    let rest = state.meter.call_state.ends_within();
    let used = state.meter.end(rest);
    // One that has never stopped still has its turn, and the peer may take hours.
    state.meter.call_state.release_place();
    let usage = Usage {
        cpu: Some(state.meter.total()),
        ..Usage::of(store.as_context())
    };
    pipes.used(usage);
    used
}

/// Begins a call, and waits for its turn. If no input has come, it continues the last call, which had `used` this processor
/// time.
///
/// # Errors
/// That was all of its processor time.
pub(super) async fn begin_call(
    store: &mut impl InRun,
    pipes: &Pipes,
    used: Duration,
) -> wasmtime::Result<()> {
    let mut store = store.as_context_mut();
    let function = pipes.begin_call();
    let state = store.data_mut();
    state.running = function.and_then(|function| state.watch(function));
    let slow = state.start_call();
    if !pipes.is_readable() {
        let state = &mut *state;
        state.meter.goes_on_from(used, &state.engine.budgets)?;
        state.meter.charge_event();
    }
    // An instance counts with as much input as fits a queue. What is more is read before the call ends.
    let more = pipes.unread().unwrap_or_default().saturating_sub(QUEUE);
    if more > 0 {
        state.hold_for_call(more)?;
    }
    let (engine, call_state) = (state.engine.clone(), state.call_state());
    match slow {
        Some(payer) => {
            let waits = call_state.waits(&engine.slow_queue, &payer);
            call_state.makes_way(waits).await;
        }
        None if state.takes_turns() => {
            let payer = state.meter.payer();
            let turn = engine.calls.enter(&payer.plugin, &payer.peer, payer.recent);
            let place = call_state.makes_way(turn).await;
            store.data_mut().meter.has_had_turn();
            call_state.holds_place(Some(place));
        }
        None => {}
    }
    store.set_epoch_deadline(1);
    Ok(())
}

/// Ends the run of a program, whose last call has `result`. Returns that, unless the call has broken a budget that is counted
/// as calls end.
pub(super) fn end_run<T>(
    store: &mut Store<InstanceState>,
    pipes: &Pipes,
    result: Result<T, Error>,
) -> Result<T, Error> {
    let mut store = store.as_context_mut();
    end_metering(&mut store, pipes);
    let checked = check_ended(&store);
    let state = store.data_mut();
    let result = result.and_then(|value| match checked {
        Ok(()) => Ok(value),
        Err(broken) => Err(state.broke(broken)),
    });
    let watch = state.running.take();
    state.watched(watch, &result);
    result
}
