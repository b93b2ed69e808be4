//! Sleep in a laboratory takes no time.
//!
//! It owns the pollables of sleepers. Their clock is the [`Laboratory`]'s.

use super::host_calls::HostCalls;
use crate::laboratory::Laboratory;
use std::time::Duration;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

/// The interface of the sleepers' clock, as wasmtime-wasi names it.
/// Test: `judging::verdicts::a_plugin_that_sleeps_loses_no_time_and_gets_the_same_verdict`.
const CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.12";

/// Replaces the clock's waits. A sleeper wakes up at once, and the clock advances to its time: no run takes longer
/// because of a sleep.
pub(super) fn link<T: HostCalls>(
    linker: &mut Linker<T>,
    laboratory: impl Fn(&mut T) -> Laboratory + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    let mut clock = linker.instance(CLOCK)?;
    clock.func_wrap(
        "subscribe-duration",
        move |mut store: StoreContextMut<'_, T>, (time,): (u64,)| {
            let until = |now: Duration| now.saturating_add(Duration::from_nanos(time));
            Ok((sleep(store.data_mut(), laboratory, until)?,))
        },
    )?;
    clock.func_wrap(
        "subscribe-instant",
        move |mut store: StoreContextMut<'_, T>, (when,): (u64,)| {
            let until = |_| Duration::from_nanos(when);
            Ok((sleep(store.data_mut(), laboratory, until)?,))
        },
    )
}

fn sleep<T: HostCalls>(
    state: &mut T,
    laboratory: impl Fn(&mut T) -> Laboratory,
    until: impl FnOnce(Duration) -> Duration,
) -> wasmtime::Result<Resource<DynPollable>> {
    let lab = laboratory(state);
    let until = until(lab.elapsed());
    let table = state.ctx().table;
    let sleep = table.push(VirtualSleep { lab, until })?;
    subscribe(table, sleep)
}

/// The time on the laboratory's clock that a sleeper waits for. Of several times that are polled at once, all come.
struct VirtualSleep {
    lab: Laboratory,
    until: Duration,
}

#[wasmtime_wasi::async_trait]
impl Pollable for VirtualSleep {
    async fn ready(&mut self) {
        self.lab.advance_to(self.until);
    }
}
