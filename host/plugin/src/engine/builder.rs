//! How an engine is set up: what its instances see, where they live, and its clock.

use super::pool::{ADDRESS_SPACE, Cleaning, WHOLE_MEMORY, pool};
use super::{Engine, EngineState, HOST_STACK, World};
use crate::budget::{Budgets, TICK};
use crate::cache::Cache;
use crate::compile::{Compiler, Settings, Work};
use crate::cpu::slow_queue::SlowQueue;
use crate::error::EngineError;
use eco_state::SharedState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use wasmtime::Config;

/// Sets up an [`Engine`]. Unless it is told otherwise, that is for an instance or two, takes memory as it
/// needs it, counts no fuel, and keeps compiled code in the user's cache folder.
pub struct EngineBuilder {
    compiler: Compiler,
    budgets: Budgets,
    work: Work,
    /// Connections for which there is a pool.
    pooled: Option<usize>,
    pub(super) cleaning: Cleaning,
    takes_snapshots: bool,
    is_cached: bool,
    state: Option<SharedState>,
}

impl EngineBuilder {
    pub(super) fn new(compiler: Compiler, budgets: Budgets) -> Self {
        Self {
            compiler,
            budgets,
            work: Work::Uncounted,
            pooled: None,
            cleaning: Cleaning::of_this_system(),
            takes_snapshots: true,
            is_cached: true,
            state: None,
        }
    }

    /// What the connections of its plugins share, in place of a state of its own. In a laboratory each run
    /// has its own all the same.
    #[must_use]
    pub fn state(mut self, state: SharedState) -> Self {
        self.state = Some(state);
        self
    }

    /// Reserves room for as many instances as there may be connections, so that they start faster: those of a
    /// script from a snapshot of one that has evaluated it, as soon as that is taken.
    #[must_use]
    pub fn pooled(mut self, connections: usize) -> Self {
        // One more than there are connections: a new version of a plugin is tried out in it.
        self.pooled = Some(connections.saturating_add(1));
        self
    }

    /// Has each instance of a script evaluate it.
    #[must_use]
    pub fn without_snapshots(mut self) -> Self {
        self.takes_snapshots = false;
        self
    }

    /// Counts the fuel that calls use: a measure of their work that is the same on every machine, for which
    /// they run slower.
    #[must_use]
    pub fn metered(mut self) -> Self {
        self.work = Work::Counted;
        self
    }

    /// As [`metered`](Self::metered), in surroundings that are the same at every run and on every
    /// machine (see [`Laboratory`](crate::Laboratory)): what a plugin does there, it does again.
    #[must_use]
    pub fn laboratory(mut self) -> Self {
        self.work = Work::Laboratory;
        self
    }

    /// Compiles anew what was compiled before, and keeps nothing.
    #[must_use]
    pub fn uncached(mut self) -> Self {
        self.is_cached = false;
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// The machine has no address space left for the pool, or a budget is out of what wasmtime can
    /// do.
    pub fn build(self) -> Result<Engine, EngineError> {
        let (wasmtime, settings) = match self.pooled {
            None => self.wasmtime(None)?,
            // Lua has a second memory, for its exceptions.
            Some(connections)
                if (2 * WHOLE_MEMORY).saturating_mul(connections as u64) > ADDRESS_SPACE =>
            {
                self.wasmtime(Some(self.budgets.memory as u64))?
            }
            // Containers may limit address space below what the processor has.
            Some(_) => self
                .wasmtime(Some(WHOLE_MEMORY))
                .or_else(|_| self.wasmtime(Some(self.budgets.memory as u64)))?,
        };
        start_clock(&wasmtime)?;
        Ok(Engine(Arc::new(EngineState {
            wasmtime,
            settings,
            world: match self.work {
                Work::Uncounted | Work::Counted => World::Real,
                Work::Laboratory => World::Laboratory,
            },
            cache: self.is_cached.then(Cache::of_user).flatten(),
            compiler: self.compiler,
            budgets: self.budgets,
            state: self.state.unwrap_or_default(),
            memory_in_use: AtomicUsize::new(0),
            slow_queue: SlowQueue::for_this_machine(),
            loaded: AtomicU64::new(0),
            takes_snapshots: self.takes_snapshots
                && self.pooled.is_some()
                && self.work == Work::Uncounted,
        })))
    }

    /// With so much address space for each memory, where there is a pool.
    fn wasmtime(
        &self,
        reservation: Option<u64>,
    ) -> Result<(wasmtime::Engine, Settings), EngineError> {
        let settings = Settings {
            reservation,
            work: self.work,
        };
        let mut config = running(settings, &self.budgets);
        if let (Some(connections), Some(reservation)) = (self.pooled, reservation) {
            let pool = pool(&self.budgets, connections, reservation, self.cleaning);
            config.allocation_strategy(pool);
        }
        let engine = wasmtime::Engine::new(&config);
        let engine = engine.map_err(|error| EngineError::Sandbox(format!("{error:#}")))?;
        Ok((engine, settings))
    }
}

/// For running code of these settings within the budgets.
fn running(settings: Settings, budgets: &Budgets) -> Config {
    let mut config = settings.running();
    config.max_wasm_stack(budgets.stack);
    config.async_stack_size(budgets.stack + HOST_STACK);
    config
}

/// Ticks until the engine is gone.
fn start_clock(engine: &wasmtime::Engine) -> Result<(), EngineError> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("eco-clock".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })
        .map_err(EngineError::Clock)?;
    Ok(())
}
