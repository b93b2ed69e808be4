//! Time and randomness during a script's evaluation, from its first line to its last.
//!
//! Both are the same for every instance of a version. So an instance that evaluates the script equals one that starts
//! from a snapshot. The module owns both, and notes whether the script has asked for them.

use crate::laboratory;
use chacha20::ChaCha8Rng;
use parking_lot::Mutex;
use rand_core::{SeedableRng as _, TryRng, UnwrapErr};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// The time and the seed of one version, fixed when it was loaded.
pub(crate) struct Fixed {
    now: Duration,
    seed: [u8; 32],
}

impl Fixed {
    /// Takes the time of this moment, and a new seed.
    pub(crate) fn now() -> Result<Arc<Self>, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Arc::new(Self {
            now: since_1970(),
            seed,
        }))
    }
}

/// The system's time since 1970. A clock before 1970 is not set, and counts as zero.
pub(crate) fn since_1970() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

/// Whether log lines of an evaluation are written. The first instance writes them, and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Heard,
    Mute,
}

/// The evaluation of a script in one instance.
pub(crate) struct Evaluation {
    fixed: Arc<Fixed>,
    voice: Voice,
    randomness: Mutex<ChaCha8Rng>,
    /// Set once the interpreter has asked for the script. Earlier draws were the interpreter's own.
    has_begun: AtomicBool,
    has_looked: AtomicBool,
    is_over: AtomicBool,
}

impl Evaluation {
    pub(crate) fn new(fixed: &Arc<Fixed>, voice: Voice) -> Arc<Self> {
        Arc::new(Self {
            fixed: fixed.clone(),
            voice,
            randomness: Mutex::new(ChaCha8Rng::from_seed(fixed.seed)),
            has_begun: AtomicBool::new(false),
            has_looked: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        })
    }

    /// Marks that the interpreter has the script.
    pub(crate) fn begin(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    /// Ends the evaluation. Time and randomness are the system's from now on.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether the script has asked for the time or for randomness. Its evaluation at the next load would get other
    /// values.
    pub(crate) fn has_looked(&self) -> bool {
        self.has_looked.load(Ordering::Relaxed)
    }

    /// Whether the script has been evaluated.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Whether log lines of the instance are dropped.
    pub(crate) fn is_mute(&self) -> bool {
        self.voice == Voice::Mute && !self.is_over()
    }

    /// The fixed values, until the evaluation is over.
    fn look(&self) -> Option<&Fixed> {
        if self.is_over() {
            return None;
        }
        if self.has_begun.load(Ordering::Relaxed) {
            self.has_looked.store(true, Ordering::Relaxed);
        }
        Some(&self.fixed)
    }

    /// The fixed time since 1970, until the evaluation is over.
    pub(crate) fn now(&self) -> Option<Duration> {
        self.look().map(|fixed| fixed.now)
    }

    /// The next random bits, until the evaluation is over.
    pub(crate) fn random(&self) -> Option<u64> {
        self.look()?;
        Some(laboratory::next(&mut self.randomness.lock()))
    }

    /// Gives WASI the same time and randomness.
    pub(crate) fn furnish(self: &Arc<Self>, wasi: &mut WasiCtxBuilder) {
        let surroundings = || Surroundings {
            evaluation: self.clone(),
            began: Instant::now(),
        };
        wasi.wall_clock(surroundings())
            .monotonic_clock(surroundings())
            .secure_random(surroundings())
            .insecure_random(surroundings());
    }
}

/// The clocks and the randomness of WASI.
struct Surroundings {
    evaluation: Arc<Evaluation>,
    /// Start of the monotonic clock, which reads zero until the evaluation is over.
    began: Instant,
}

impl HostWallClock for Surroundings {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.evaluation.now().unwrap_or_else(since_1970)
    }
}

impl HostMonotonicClock for Surroundings {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        if self.evaluation.look().is_some() {
            return 0;
        }
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl TryRng for Surroundings {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        match self.evaluation.random() {
            Some(bits) => Ok(bits),
            None => UnwrapErr(getrandom::SysRng).try_next_u64(),
        }
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        // The cast keeps the lower half.
        self.try_next_u64().map(|bits| bits as u32)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(size_of::<u64>()) {
            let bits = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(bits.get(..chunk.len()).unwrap_or_default());
        }
        Ok(())
    }
}
