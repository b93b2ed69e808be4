//! Sleep in a laboratory takes no time, unless something else may end it first: a program that waits for input as well waits
//! until somebody lets time pass.
//!
//! It owns the pollables of sleepers. Their clock is the [`Laboratory`]'s.

use super::host_calls::HostCalls;
use crate::laboratory::Laboratory;
use crate::stdio::Pipes;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

/// The interface of the sleepers' clock, as wasmtime-wasi names it.
/// Test: `judging::verdicts::a_plugin_that_sleeps_loses_no_time_and_gets_the_same_verdict`.
const CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.12";

/// Whose clock a sleeper looks at, and the pipes of its program, if it is one.
pub(super) type Sleeper = (Laboratory, Option<Arc<Pipes>>);

/// Replaces the clock's waits. A sleeper wakes up at once, and the clock advances to its time: no run takes longer
/// because of a sleep.
pub(super) fn link<T: HostCalls>(
    linker: &mut Linker<T>,
    sleeper: impl Fn(&mut T) -> Sleeper + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    let mut clock = linker.instance(CLOCK)?;
    clock.func_wrap(
        "subscribe-duration",
        move |mut store: StoreContextMut<'_, T>, (time,): (u64,)| {
            let until = |now: Duration| now.saturating_add(Duration::from_nanos(time));
            Ok((sleep(store.data_mut(), sleeper, until)?,))
        },
    )?;
    clock.func_wrap(
        "subscribe-instant",
        move |mut store: StoreContextMut<'_, T>, (when,): (u64,)| {
            let until = |_| Duration::from_nanos(when);
            Ok((sleep(store.data_mut(), sleeper, until)?,))
        },
    )
}

fn sleep<T: HostCalls>(
    state: &mut T,
    sleeper: impl Fn(&mut T) -> Sleeper,
    until: impl FnOnce(Duration) -> Duration,
) -> wasmtime::Result<Resource<DynPollable>> {
    let (lab, pipes) = sleeper(state);
    let until = until(lab.elapsed());
    let table = state.ctx().table;
    let sleep = table.push(VirtualSleep { lab, pipes, until })?;
    subscribe(table, sleep)
}

/// The time on the laboratory's clock that a sleeper waits for. Of several times that are polled at once, all come.
struct VirtualSleep {
    lab: Laboratory,
    pipes: Option<Arc<Pipes>>,
    until: Duration,
}

#[wasmtime_wasi::async_trait]
impl Pollable for VirtualSleep {
    async fn ready(&mut self) {
        let Some(pipes) = &self.pipes else {
            self.lab.advance_to(self.until);
            return;
        };
        // Who polls for the program looks whether it waits for anything else, and polls again when time has passed.
        poll_fn(|_| match self.until <= self.lab.elapsed() {
            true => Poll::Ready(()),
            false => {
                pipes.ask_time(self.until);
                Poll::Pending
            }
        })
        .await;
    }
}
