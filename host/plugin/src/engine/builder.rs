//! How an engine is set up: what its instances see, where they live, and its clock.

use super::pool::{ADDRESS_SPACE, Cleaning, pool};
use super::state::{Engine, EngineState, Hints};
use crate::error::EngineError;
use crate::laboratory::World;
use eco_compile::{
    Budgets, CodeCache, Compiler, Scope, Settings, TICK, Target, TotalMemory, Users, WHOLE_MEMORY,
    Work,
};
use eco_fair::{Accounts, TurnQueue};
use eco_state::SharedState;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wasmtime::Config;
use wasmtime::error::Context as _;

/// Stack that the host's own functions may use above the plugin's, when a plugin calls `log` or
/// WASI. Hitting it would be eco's bug, and a guard page would end the process: it is generous,
/// and costs address space only. Test: `hostile_plugins::wasi::a_plugin_that_floods_the_log_or_recurses_into_the_host_is_cut`.
const HOST_STACK: usize = 512 * 1024;

impl Engine {
    /// An engine that compiles with `compiler`, and whose plugins have these budgets.
    pub fn builder(compiler: Compiler, budgets: Budgets) -> EngineBuilder {
        EngineBuilder::new(compiler, budgets)
    }
}

/// Sets up an [`Engine`]. Unless it is told otherwise, that is for an instance or two, has scripts begin in portable code
/// where their interpreter isn't compiled yet, takes memory as it
/// needs it, counts no fuel, and keeps compiled code in the user's cache folder.
pub struct EngineBuilder {
    compiler: Compiler,
    budgets: Budgets,
    work: Work,
    world: World,
    hints: Hints,
    /// Connections for which there is a pool.
    pooled: Option<usize>,
    pub(super) cleaning: Cleaning,
    takes_snapshots: bool,
    begins_portable: bool,
    cached_for: Option<Users>,
    state: Option<SharedState>,
    on_compile: fn(&str) -> Box<dyn Any + Send>,
}

impl EngineBuilder {
    fn new(compiler: Compiler, budgets: Budgets) -> Self {
        Self {
            compiler,
            budgets,
            work: Work::Uncounted,
            world: World::Real,
            hints: Hints::Given,
            pooled: None,
            cleaning: Cleaning::of_this_system(),
            takes_snapshots: true,
            begins_portable: true,
            cached_for: Some(Users::This),
            state: None,
            on_compile: |_| Box::new(()),
        }
    }

    /// Is told what is compiled whenever somebody waits for that; what it gives is dropped when the waiting is over.
    #[must_use]
    pub fn on_compile(mut self, on_compile: fn(&str) -> Box<dyn Any + Send>) -> Self {
        self.on_compile = on_compile;
        self
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

    /// Has scripts wait until their interpreter is compiled. Otherwise they begin at once, in portable code, where
    /// their calls take some thirty times as long until there is other code.
    #[must_use]
    pub fn compiled_first(mut self) -> Self {
        self.begins_portable = false;
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
        self.work = Work::Counted;
        self.world = World::Laboratory;
        // A stack may be deeper in one code than in another.
        self.begins_portable = false;
        self
    }

    /// Says nothing of functions of a script whose names eco nearly has, or which it calls for nobody: where whoever reads
    /// the log hasn't written the scripts.
    #[must_use]
    pub fn without_hints(mut self) -> Self {
        self.hints = Hints::Withheld;
        self
    }

    /// Compiles anew what another engine has compiled before, and keeps nothing for it.
    #[must_use]
    pub fn uncached(mut self) -> Self {
        self.cached_for = None;
        self
    }

    /// Keeps what it compiles for these users. What is there for all is found by everybody.
    #[must_use]
    pub fn cached_for(mut self, users: Users) -> Self {
        self.cached_for = Some(users);
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// The machine has no address space left for the pool, or a budget is out of what wasmtime can
    /// do.
    pub fn build(self) -> Result<Engine, EngineError> {
        let created = match self.pooled {
            None => self.wasmtime(WHOLE_MEMORY),
            // Lua has a second memory, for its exceptions.
            Some(connections)
                if (2 * WHOLE_MEMORY).saturating_mul(connections as u64) > ADDRESS_SPACE =>
            {
                self.wasmtime(self.budgets.memory as u64)
            }
            // Containers may limit address space below what the processor has.
            Some(_) => self
                .wasmtime(WHOLE_MEMORY)
                .or_else(|_| self.wasmtime(self.budgets.memory as u64)),
        };
        let (wasmtime, settings) = created.map_err(EngineError)?;
        start_clock(&wasmtime).map_err(EngineError)?;
        let peers = Accounts::new(places());
        let scope = match self.world {
            World::Real => Scope::Engine,
            World::Laboratory => Scope::Run,
        };
        let total_memory = TotalMemory::new(wasmtime.clone(), &self.budgets, scope);
        let budgets = self.budgets.clone();
        let mut code = CodeCache::new(
            wasmtime.clone(),
            settings,
            self.compiler,
            budgets.clone(),
            total_memory.clone(),
        )
        .on_compile(self.on_compile);
        if let Some(users) = self.cached_for {
            code = code.kept_for(users);
        }
        // Where address space is short, no memory gets as much as portable code wants.
        if self.begins_portable && settings.reservation == WHOLE_MEMORY {
            code = code.beginning_on(move || portable(&budgets));
        }
        Ok(Engine(Arc::new(EngineState {
            wasmtime,
            budgets: self.budgets,
            settings,
            code: Arc::new(code),
            total_memory,
            world: self.world,
            hints: self.hints,
            state: self.state.unwrap_or_default(),
            slow_queue: TurnQueue::with_places(places()),
            calls: TurnQueue::with_places(processors()),
            events: TurnQueue::with_places(places()),
            nobody: Arc::new(peers.nobody()),
            peers,
            loaded: AtomicU64::new(0),
            takes_snapshots: self.takes_snapshots
                && self.pooled.is_some()
                && self.work == Work::Uncounted,
        })))
    }

    /// With so much address space for each memory, where there is a pool.
    fn wasmtime(&self, reservation: u64) -> wasmtime::Result<(wasmtime::Engine, Settings)> {
        let settings = Settings {
            reservation,
            work: self.work,
            target: Target::Native,
        };
        let engine = running(settings, &self.budgets).and_then(|mut config| {
            if let Some(connections) = self.pooled {
                let pool = pool(&self.budgets, connections, reservation, self.cleaning);
                config.allocation_strategy(pool);
            }
            wasmtime::Engine::new(&config)
        });
        Ok((engine?, settings))
    }
}

/// Calls that take long, and calls for events, of which each so many run at a time: one fewer than there are processors,
/// and at least one.
fn places() -> usize {
    processors().saturating_sub(1).max(1)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// For running code of these settings within the budgets.
fn running(settings: Settings, budgets: &Budgets) -> wasmtime::Result<Config> {
    let mut config = settings.running()?;
    config.max_wasm_stack(budgets.stack);
    config.async_stack_size(budgets.stack + HOST_STACK);
    Ok(config)
}

/// An engine for the portable code of interpreters. It has no pool: it runs what begins before there is other
/// code. `None` where the machine can't run such code, which costs time and changes nothing.
fn portable(budgets: &Budgets) -> Option<wasmtime::Engine> {
    let engine = running(Settings::PORTABLE, budgets)
        .and_then(|config| wasmtime::Engine::new(&config))
        .inspect_err(|error| tracing::debug!("no portable code is run: {error:#}"))
        .ok()?;
    start_clock(&engine).ok()?;
    Some(engine)
}

/// Ticks until the engine is gone.
fn start_clock(engine: &wasmtime::Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    let started = std::thread::Builder::new()
        .name("eco-clock".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        });
    started.context("cannot start the clock").map(drop)
}
