//! Clocks and randomness: those that plugins have in WASI 0.2, in a laboratory too.

use super::errno::{Errno, Failure, returned};
use super::function::{Function, define};
use super::memory;
use crate::instance::state::InstanceState;
use wasmtime::Caller;
use wasmtime_wasi::WasiView as _;
use wasmtime_wasi::clocks::WasiClocksCtxView;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as MonotonicClock;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Host as WallClock;
use wasmtime_wasi::p2::bindings::random::random::Host as _;

/// Random bytes that one call may ask for, which the host makes without a pause, in some milliseconds. More traps.
/// Test: `stdio::world::randomness_is_given_in_any_amount_up_to_a_megabyte`.
const MOST_RANDOM: u32 = 1024 * 1024;
/// As many as WASI 0.2 gives at once, also in a laboratory.
const RANDOM_PIECE: u32 = 4096;

/// A clock that a program may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// The time since 1970.
    Wall,
    /// A time that only goes on.
    Monotonic,
}

impl Clock {
    /// The clock with this number. There are two more, of processor time, which nobody may read.
    pub(super) fn numbered(number: u32) -> Result<Self, Errno> {
        match number {
            0 => Ok(Self::Wall),
            1 => Ok(Self::Monotonic),
            _ => Err(Errno::Invalid),
        }
    }

    /// Its time, in nanoseconds.
    pub(super) fn now(self, state: &mut InstanceState) -> wasmtime::Result<u64> {
        let mut clocks = clocks(state);
        Ok(match self {
            Self::Wall => {
                let now = WallClock::now(&mut clocks)?;
                in_nanoseconds(now.seconds, now.nanoseconds)
            }
            // A laboratory's begins at zero, and Go's runtime gives up where it reads that.
            Self::Monotonic => MonotonicClock::now(&mut clocks)?.max(1),
        })
    }

    fn resolution(self, state: &mut InstanceState) -> wasmtime::Result<u64> {
        let mut clocks = clocks(state);
        Ok(match self {
            Self::Wall => {
                let step = WallClock::resolution(&mut clocks)?;
                in_nanoseconds(step.seconds, step.nanoseconds)
            }
            Self::Monotonic => MonotonicClock::resolution(&mut clocks)?,
        })
    }
}

fn clocks(state: &mut InstanceState) -> WasiClocksCtxView<'_> {
    let view = state.ctx();
    WasiClocksCtxView {
        ctx: view.ctx.clocks(),
        table: view.table,
    }
}

fn in_nanoseconds(seconds: u64, nanoseconds: u32) -> u64 {
    let whole = seconds.saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(nanoseconds))
}

pub(super) const FUNCTIONS: &[Function] = &[
    ("clock_time_get", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, clock: u32, _: u64, at: u32| {
                returned(put_time(&mut caller, clock, at, Clock::now))
            },
        )
    }),
    ("clock_res_get", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, clock: u32, at: u32| {
                returned(put_time(&mut caller, clock, at, Clock::resolution))
            },
        )
    }),
    ("random_get", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, at: u32, length: u32| {
                returned(put_random(&mut caller, at, length))
            },
        )
    }),
];

fn put_time(
    caller: &mut Caller<'_, InstanceState>,
    clock: u32,
    at: u32,
    time: fn(Clock, &mut InstanceState) -> wasmtime::Result<u64>,
) -> Result<(), Failure> {
    // The view that the clocks are in counts the call.
    let time = time(Clock::numbered(clock)?, caller.data_mut())?;
    let memory = memory::of(caller)?.data_mut(caller);
    memory::put(memory, at, &time.to_le_bytes())?;
    Ok(())
}

/// Writes random bytes, piece by piece: each costs as much as a host call.
fn put_random(caller: &mut Caller<'_, InstanceState>, at: u32, length: u32) -> Result<(), Failure> {
    memory::read(memory::of(caller)?.data(&caller), at, length)?;
    if length > MOST_RANDOM {
        return Err(wasmtime::format_err!(
            "it asks for {length} random bytes at once (at most {MOST_RANDOM})"
        )
        .into());
    }
    let mut done = 0;
    loop {
        let piece = (length - done).min(RANDOM_PIECE);
        let random = caller.data_mut().ctx().ctx.random();
        let random = random.get_random_bytes(u64::from(piece))?;
        let memory = memory::of(caller)?.data_mut(&mut *caller);
        memory::put(memory, memory::after(at, done)?, &random)?;
        done += piece;
        if done == length {
            return Ok(());
        }
    }
}
