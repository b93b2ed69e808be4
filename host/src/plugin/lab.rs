//! The laboratory: an instance's surroundings when it is judged, which are the same at every run.
//!
//! It owns the clock, the randomness and the log of instances whose engine is
//! [`Engine::laboratory`](super::Engine::laboratory). It knows nothing of what they are judged by.

use chacha20::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// When every laboratory's day begins: 2024-02-29 12:00 UTC, in seconds since 1970.
const NOON: u64 = 1_709_208_000;
/// What all randomness of a laboratory grows from.
const SEED: u64 = 862;

/// Fuel that a call of the host costs: about what it takes, in time. Without it a plugin could have the
/// host work for it, for next to nothing of its own. When the fuel is used up by them, the call ends as any
/// that is out of fuel. Test: `verdicts::work_that_the_host_does_counts_too`.
pub(super) const HOST_CALL: u64 = 1000;
/// Random bytes that one call of WASI may ask for: as many as take about as long as [`HOST_CALL`] says,
/// and enough for what Python wants as it starts. More traps.
/// Test: `verdicts::work_that_the_host_does_counts_too`.
const RANDOM_BYTES: u64 = 4096;

/// What the connections of one run share. Clones are the same.
#[derive(Clone, Default)]
pub struct Lab(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Nanoseconds since noon. It only goes on when somebody says so, or sleeps.
    elapsed: AtomicU64,
    log: Mutex<Vec<String>>,
}

impl Lab {
    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.advance_to(self.elapsed().saturating_add(time));
    }

    /// Lets time pass until so long after noon, unless it is later already.
    pub(super) fn advance_to(&self, elapsed: Duration) {
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        self.0.elapsed.fetch_max(nanoseconds, Ordering::Relaxed);
    }

    /// What the plugin has written so far, a line each: escaped, and within the budget of the log.
    pub fn log(&self) -> Vec<String> {
        self.lines().clone()
    }

    pub(super) fn write(&self, line: String) {
        self.lines().push(line);
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since the laboratory's noon.
    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.elapsed.load(Ordering::Relaxed))
    }

    /// Since 1970.
    pub(super) fn now(&self) -> Duration {
        Duration::from_secs(NOON) + self.elapsed()
    }

    /// Clocks and randomness of WASI.
    pub(super) fn furnish(&self, wasi: &mut WasiCtxBuilder) {
        wasi.wall_clock(self.clone())
            .monotonic_clock(self.clone())
            .secure_random(randomness())
            .insecure_random(randomness())
            .insecure_random_seed(SEED.into())
            .max_random_size(RANDOM_BYTES);
    }
}

/// The same bits for each instance.
pub(super) fn randomness() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(SEED)
}

/// The next bits of an instance's randomness.
pub(super) fn next(randomness: &mut ChaCha8Rng) -> u64 {
    randomness.next_u64()
}

impl HostWallClock for Lab {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.now()
    }
}

impl HostMonotonicClock for Lab {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.elapsed.load(Ordering::Relaxed)
    }
}
