//! The laboratory: an instance's surroundings when it is judged, which are the same at every run.
//!
//! It owns the clock, the randomness, the log and the count of the memory of instances whose engine is [a
//! laboratory's](crate::EngineBuilder::laboratory). Its callers bring the seed, and judge.

use chacha20::ChaCha8Rng;
use eco_compile::Budget;
use eco_compile::InUse;
use eco_state::{Clock, Limits, SharedState};
use parking_lot::{Mutex, MutexGuard};
use rand_core::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// Earliest start of a laboratory's clock: 2024-01-01 00:00 UTC, since 1970.
const EARLIEST: Duration = Duration::from_secs(1_704_067_200);
/// The clock starts within ten years from there, so that a plugin can't recognise a laboratory by its date.
/// Test: `judging::randomness::the_date_is_another_in_every_case_and_the_same_for_the_judge`.
const YEARS: Duration = Duration::from_secs(3653 * 24 * 60 * 60);

/// Fuel that a host call costs, which about equals its time. Without it a plugin could make the host work almost for
/// free. A call whose host calls use up the fuel ends as any that is out of fuel.
/// Test: `judging::verdicts::work_that_the_host_does_counts_too`.
pub(crate) const HOST_CALL: u64 = 1000;
/// Random bytes that one call of WASI may ask for. Making them takes about as long as [`HOST_CALL`] says, and they
/// are enough for Python's start. A call for more traps.
/// Test: `judging::verdicts::work_that_the_host_does_counts_too`.
const RANDOM_BYTES: u64 = 4096;

/// The world outside, as instances of an engine see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    Real,
    /// See [`Laboratory`].
    Laboratory,
}

/// The surroundings that connections of one run share. Clones are the same laboratory.
#[derive(Clone)]
pub struct Laboratory(Arc<State>);

struct State {
    /// The seed of all its randomness.
    seed: [u8; 32],
    /// Start of its clock, since 1970.
    began: Duration,
    /// Nanoseconds since that start. They only advance when a caller advances them, or a plugin sleeps.
    elapsed: Arc<Elapsed>,
    /// The state that the connections share.
    state: SharedState,
    /// Due times of timers, by the numbers of their connections.
    timers: Mutex<BTreeMap<u64, Duration>>,
    log: Mutex<Vec<String>>,
    /// Bytes that the host holds for its instances, with the log and the code, but without the shared state.
    in_use: InUse,
    /// Bytes of the code, however many instances run it.
    code: AtomicUsize,
}

#[derive(Default)]
struct Elapsed(AtomicU64);

impl Clock for Elapsed {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// Surroundings for an instance that nobody judges, such as one in which a plugin is tried out before use.
impl Default for Laboratory {
    fn default() -> Self {
        Self::new([0; 32], 0)
    }
}

impl Laboratory {
    /// Creates surroundings. Equal numbers make equal surroundings. The seed decides the randomness; `date`, which
    /// may be any number, decides the start of the clock.
    pub fn new(seed: [u8; 32], date: u64) -> Self {
        let years = u64::try_from(YEARS.as_nanos()).unwrap_or(u64::MAX);
        let elapsed = Arc::<Elapsed>::default();
        Self(Arc::new(State {
            state: SharedState::in_memory(Limits::default(), elapsed.clone(), ""),
            seed,
            began: EARLIEST + Duration::from_nanos(date % years),
            elapsed,
            timers: Mutex::default(),
            log: Mutex::default(),
            in_use: InUse::default(),
            code: AtomicUsize::new(0),
        }))
    }

    /// The most bytes that the shared state of one run may take.
    pub fn most_shared() -> usize {
        let limits = Limits::default();
        limits.store.saturating_add(limits.waiting)
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.advance_to(self.elapsed().saturating_add(time));
    }

    /// Lets time pass until this time on the clock, unless it is later already.
    pub(crate) fn advance_to(&self, elapsed: Duration) {
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        self.0.elapsed.0.fetch_max(nanoseconds, Ordering::Relaxed);
    }

    /// Time until the next timer is over, if one is set that isn't over yet.
    pub fn next_timer(&self) -> Option<Duration> {
        let now = self.elapsed();
        let timers = self.0.timers.lock();
        let next = timers.values().filter(|due| **due > now).min()?;
        Some(next.saturating_sub(now))
    }

    /// Sets the timer of the connection with this number, or cancels it.
    pub(crate) fn set_timer(&self, number: u64, due: Option<Duration>) {
        let mut timers = self.0.timers.lock();
        match due {
            Some(due) => drop(timers.insert(number, due)),
            None => drop(timers.remove(&number)),
        }
    }

    /// The lines that the plugin has logged so far: escaped, and within the budget of the log.
    pub fn log(&self) -> Vec<String> {
        self.lines().clone()
    }

    pub(crate) fn write(&self, line: String) {
        // A report holds the line a second time. No line is refused here; the memory is checked when the call is
        // over.
        self.0.in_use.add(2 * (size_of::<String>() + line.len()));
        self.lines().push(line);
    }

    /// The counter for an instance's bytes. It counts the plugin's own code once for all instances.
    pub(crate) fn holds(&self, code: usize) -> InUse {
        let before = self.0.code.fetch_max(code, Ordering::Relaxed);
        self.0.in_use.add(code.saturating_sub(before));
        self.0.in_use.clone()
    }

    /// Checks all bytes that the host holds for this run against its budget.
    /// Test: `judging::memory::memory_that_a_run_makes_the_host_hold_is_bounded`.
    pub(crate) fn check_memory(&self, most: usize) -> Result<(), Budget> {
        let held = self.0.in_use.bytes().saturating_add(self.0.state.held());
        if held > most {
            Err(Budget::TotalMemory)
        } else {
            Ok(())
        }
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.log.lock()
    }

    /// Time since the start of its clock.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed.now()
    }

    /// The state that its connections share.
    pub(crate) fn state(&self) -> &SharedState {
        &self.0.state
    }

    /// Time since 1970.
    pub(crate) fn now(&self) -> Duration {
        self.0.began + self.elapsed()
    }

    /// A generator of random bits, equal for each instance.
    pub(crate) fn randomness(&self) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.0.seed)
    }

    /// Gives WASI its clocks and its randomness.
    pub(crate) fn furnish(&self, wasi: &mut WasiCtxBuilder) {
        wasi.wall_clock(self.clone())
            .monotonic_clock(self.clone())
            .secure_random(self.randomness())
            .insecure_random(self.randomness())
            .insecure_random_seed(next(&mut self.randomness()).into())
            .max_random_size(RANDOM_BYTES);
    }
}

/// The next bits of an instance's randomness.
pub(crate) fn next(randomness: &mut ChaCha8Rng) -> u64 {
    randomness.next_u64()
}

impl HostWallClock for Laboratory {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.now()
    }
}

impl HostMonotonicClock for Laboratory {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.elapsed.0.load(Ordering::Relaxed)
    }
}
