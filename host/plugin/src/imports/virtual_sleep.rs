//! Sleeping in a laboratory, which takes no time.
//!
//! It owns what sleepers wait for. The clock that they are woken by is the [`Laboratory`]'s.

use crate::instance::state::State;
use crate::laboratory::Laboratory;
use std::time::Duration;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::WasiView as _;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

/// The clock that sleepers are woken by, as wasmtime-wasi names it.
/// Test: `verdicts::a_plugin_that_sleeps_loses_no_time_and_gets_the_same_verdict`.
const CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.12";

/// Who sleeps wakes up at once, and the clock shows that it is later: no run takes longer because
/// of it.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type Store<'a> = StoreContextMut<'a, State>;
    let mut clock = linker.instance(CLOCK)?;
    clock.func_wrap(
        "subscribe-duration",
        |mut store: Store<'_>, (time,): (u64,)| {
            let until = |now: Duration| now.saturating_add(Duration::from_nanos(time));
            Ok((store.data_mut().sleep(until)?,))
        },
    )?;
    clock.func_wrap(
        "subscribe-instant",
        |mut store: Store<'_>, (when,): (u64,)| {
            let until = |_| Duration::from_nanos(when);
            Ok((store.data_mut().sleep(until)?,))
        },
    )
}

impl State {
    fn sleep(
        &mut self,
        until: impl FnOnce(Duration) -> Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let lab = self.imports.wasi.laboratory.clone().unwrap_or_default();
        let until = until(lab.elapsed());
        let table = self.ctx().table;
        let sleep = table.push(VirtualSleep { lab, until })?;
        subscribe(table, sleep)
    }
}

/// What a sleeper waits for: a time after the clock began. Of several that are waited for at once, all come.
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
