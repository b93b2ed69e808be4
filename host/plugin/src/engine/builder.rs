//! The setup of an engine: its settings, its queues, and the thread of its clock.

use super::clock::tick_for;
use super::handle::Engine;
use super::pool::{Cleaning, address_space, keeps_at_most, pool};
use super::shares::{Shares, Turns, places};
use crate::engine_state::{EngineState, Hints};
use crate::error::EngineError;
use crate::figures::EngineFigures;
use crate::host_import::{HostImport, HostImports};
use crate::laboratory::World;
use crate::observe::{EngineEvent, ObservedCalls, Observers};
use eco_compile::{
    Budgets, Cache, CodeCache, Compiler, Scope, Settings, Target, TotalMemory, WHOLE_MEMORY, Work,
};
use eco_fair::Accounts;
use eco_state::SharedState;
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use wasmtime::Config;

/// Stack for host functions above the plugin's own, when a plugin calls `log` or WASI. Overflowing it would be eco's
/// bug, and a guard page would end the process. The value is generous, since it costs address space only.
/// Test: `hostile_plugins::wasi::a_plugin_that_floods_the_log_or_recurses_into_the_host_is_cut`.
const HOST_STACK: usize = 512 * 1024;
/// The same where functions of the embedder's are called. Nobody knows how much they need, so they have what threads of
/// Rust and of tokio have. Overflowing it ends the process, as it does in any thread; the page of [`HostImport`] says
/// so.
/// Test: `host_imports::hostile::control::a_function_has_its_stack_however_deep_the_plugin_is`.
const OWN_STACK: usize = 2 << 20;

impl Engine {
    /// Begins an engine that compiles with `compiler` and holds its plugins to these budgets.
    pub fn builder(compiler: Compiler, budgets: Budgets) -> EngineBuilder {
        EngineBuilder::new(compiler, budgets)
    }
}

/// Sets up an [`Engine`]. Without further settings the engine is for an instance or two. Its scripts begin in
/// portable code where their interpreter isn't compiled yet. It allocates memory on demand, counts no fuel, and keeps
/// compiled code nowhere.
pub struct EngineBuilder {
    compiler: Compiler,
    budgets: Budgets,
    work: Work,
    world: World,
    hints: Hints,
    /// Number of instances in the pool; `None` for no pool.
    pooled: Option<usize>,
    shares: Shares,
    pub(super) cleaning: Cleaning,
    takes_snapshots: bool,
    begins_portable: bool,
    cache: Cache,
    state: Option<SharedState>,
    imports: Vec<HostImport>,
    on_compile: fn(&str) -> Box<dyn Any + Send>,
    observers: Observers,
    figures: EngineFigures,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("compiler", &self.compiler)
            .field("budgets", &self.budgets)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
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
            shares: Shares::among(1),
            cleaning: Cleaning::of_this_system(),
            takes_snapshots: true,
            begins_portable: true,
            cache: Cache::None,
            state: None,
            imports: Vec::new(),
            on_compile: |_| Box::new(()),
            observers: Observers::default(),
            figures: EngineFigures::default(),
        }
    }

    /// Calls `observe` for each [`EngineEvent`]: calls, lines that plugins say, loads. It is called where these happen,
    /// so that it should not wait; a channel may take the events elsewhere. A panic of it is its own, and there may be
    /// several. It slows calls down by its own time and by reading the clock twice; the log stays as it is. An engine
    /// without it pays for none of that.
    ///
    /// Each call is a span of `tracing` too: `call`, of the level DEBUG, with its function.
    #[must_use]
    pub fn observe(mut self, observe: impl Fn(&EngineEvent<'_>) + Send + Sync + 'static) -> Self {
        self.observers
            .add(Box::new(observe), ObservedCalls::All, None);
        self
    }

    /// As [`observe`](Self::observe), while `listens` is set, and of these calls. While it isn't, and for other calls, a call
    /// reads this flag, and no clock. A call is told if it is set at the call's beginning and at its end.
    #[must_use]
    pub fn observe_while(
        mut self,
        listens: Arc<AtomicBool>,
        calls: ObservedCalls,
        observe: impl Fn(&EngineEvent<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.observers.add(Box::new(observe), calls, Some(listens));
        self
    }

    /// Counts in these figures, which may be those of other engines too, and has the versions of plugins go on from theirs.
    #[must_use]
    pub fn counting_in(mut self, figures: &EngineFigures) -> Self {
        self.figures = figures.clone();
        self
    }

    /// Calls `on_compile` with the name of the code whenever somebody waits for a compilation. The returned value is
    /// dropped when the wait is over.
    #[must_use]
    pub fn on_compile(mut self, on_compile: fn(&str) -> Box<dyn Any + Send>) -> Self {
        self.on_compile = on_compile;
        self
    }

    /// Sets the state that connections of its plugins share, in place of a state of its own. Each run in a laboratory
    /// keeps its own.
    #[must_use]
    pub fn state(mut self, state: SharedState) -> Self {
        self.state = Some(state);
        self
    }

    /// Offers an import of the embedding program's own to its plugins. See [`HostImport`].
    #[must_use]
    pub fn import(mut self, import: HostImport) -> Self {
        self.imports.push(import);
        self
    }

    /// Reserves room for an instance of each connection, so that instances start faster. A script's instances start
    /// from a snapshot of an evaluated one, as soon as it is ready.
    #[must_use]
    pub fn pooled(mut self, connections: usize) -> Self {
        // One more instance than connections: a new version of a plugin is tried out in it.
        self.pooled = Some(connections.saturating_add(1));
        self
    }

    /// Shares the processors and the total of memory with other engines that are built so.
    #[must_use]
    pub fn sharing(mut self, shares: &Shares) -> Self {
        self.shares = shares.clone();
        self
    }

    /// Makes each instance of a script evaluate the script itself.
    #[must_use]
    pub fn without_snapshots(mut self) -> Self {
        self.takes_snapshots = false;
        self
    }

    /// Makes scripts wait until their interpreter is compiled. Otherwise they begin at once in portable code, and
    /// their calls take some thirty times as long until native code is ready.
    #[must_use]
    pub fn compiled_first(mut self) -> Self {
        self.begins_portable = false;
        self
    }

    /// Counts the fuel that calls use: a measure of work that is the same on every machine. Calls run slower for it.
    #[must_use]
    pub fn metered(mut self) -> Self {
        self.work = Work::Counted;
        self
    }

    /// As [`metered`](Self::metered), in surroundings that are the same at every run and on every machine (see
    /// [`Laboratory`](crate::Laboratory)): a plugin repeats there what it has done before.
    #[must_use]
    pub fn laboratory(mut self) -> Self {
        self.work = Work::Counted;
        self.world = World::Laboratory;
        // Portable and native code may need different depths of stack.
        self.begins_portable = false;
        self
    }

    /// Logs no warnings of misspelt functions, or of functions that eco never calls. Readers of such a log aren't the
    /// authors of the scripts.
    #[must_use]
    pub fn without_hints(mut self) -> Self {
        self.hints = Hints::Withheld;
        self
    }

    /// Keeps compiled code in this folder, and takes the code that is there. The default is [`Cache::None`].
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = cache;
        self
    }

    /// Builds the engine.
    ///
    /// # Threads
    /// The engines of a process have a thread `eco-clock`, which wakes every 10 ms. It ends within 10 ms of the last clone
    /// of the last engine, of its plugins and of their sessions. Reading, compiling
    /// and talking with helpers are done in the threads that tokio keeps for blocking work. [`Compiler`] says which
    /// threads compiling has besides.
    ///
    /// # Signals
    /// wasmtime catches SIGSEGV, SIGILL and SIGFPE for the whole process (on macOS exceptions of Mach in their place),
    /// since traps of WebAssembly are such signals. It passes those that aren't its own on to the handlers that were
    /// there before the first engine. eco itself catches none, and sets no hook for panics.
    ///
    /// # Helpers
    /// A process that was started as a helper, and has not called [`if_helper`](crate::if_helper), ends here: it would
    /// start others, and those others.
    ///
    /// # Errors
    /// The machine has no address space left for the pool, wasmtime can't hold a budget, or the [`Cache::Folder`] is
    /// not safe to use. The name of an [import](Self::import) is none, is another's, or is eco's own, or a laboratory
    /// has an import.
    pub fn build(mut self) -> Result<Engine, EngineError> {
        let imports = self.host_imports().map_err(EngineError)?;
        let host_stack = match imports.names().next() {
            Some(_) => OWN_STACK,
            None => HOST_STACK,
        };
        let created = match self.pooled {
            None => self.wasmtime(WHOLE_MEMORY, host_stack),
            // Lua has a second memory, for its exceptions.
            Some(connections)
                if (2 * WHOLE_MEMORY).saturating_mul(connections as u64)
                    > address_space(self.shares.engines) =>
            {
                self.wasmtime(self.budgets.memory as u64, host_stack)
            }
            // Containers may limit address space below the processor's.
            Some(_) => self
                .wasmtime(WHOLE_MEMORY, host_stack)
                .or_else(|_| self.wasmtime(self.budgets.memory as u64, host_stack)),
        };
        let (wasmtime, settings) = created.map_err(EngineError)?;
        tick_for(&wasmtime).map_err(EngineError)?;
        let peers = Accounts::new(places());
        let scope = match self.world {
            World::Real => Scope::Engine,
            World::Laboratory => Scope::Run,
        };
        let Shares {
            engines,
            memory,
            turns,
        } = self.shares;
        let keeps_at_most = match self.pooled {
            Some(_) => keeps_at_most(&self.budgets, engines),
            None => 0,
        };
        let total_memory = TotalMemory::new(&wasmtime, &self.budgets, scope, memory, keeps_at_most);
        let Turns {
            slow,
            calls,
            events,
        } = turns;
        let budgets = self.budgets.clone();
        let mut code = CodeCache::new(
            wasmtime.clone(),
            settings,
            self.compiler,
            budgets.clone(),
            total_memory.clone(),
        )
        .on_compile(self.on_compile)
        .counting_in(self.figures.compilations())
        .kept_in(self.cache)
        .map_err(|why| EngineError(wasmtime::Error::msg(format!("no code can be kept: {why}"))))?;
        // Where address space is short, no memory gets as much of it as portable code needs.
        if self.begins_portable && settings.reservation == WHOLE_MEMORY {
            code = code.beginning_on(move || portable(&budgets, host_stack));
        }
        self.figures.set_memory_limit(self.budgets.memory);
        let state = Arc::new(EngineState {
            wasmtime,
            budgets: self.budgets,
            settings,
            code: Arc::new(code),
            total_memory,
            script_imports: imports.in_scripts(),
            world: self.world,
            hints: self.hints,
            state: self.state.unwrap_or_default(),
            slow_queue: slow,
            calls,
            events,
            nobody: Arc::new(peers.nobody()),
            peers,
            figures: self.figures,
            observers: self.observers.some(),
            takes_snapshots: self.takes_snapshots
                && self.pooled.is_some()
                && self.work == Work::Uncounted,
        });
        Ok(Engine(state, Arc::new(imports)))
    }

    /// The imports of the embedding program, if their names are right.
    fn host_imports(&mut self) -> wasmtime::Result<HostImports> {
        let imports = HostImports::new(std::mem::take(&mut self.imports));
        let imports = imports.map_err(wasmtime::Error::msg)?;
        if self.world == World::Laboratory
            && let Some(name) = imports.names().next()
        {
            return Err(wasmtime::format_err!(
                "a laboratory can't have the import {name}: nothing says that it does the same at every run"
            ));
        }
        Ok(imports)
    }

    /// Creates wasmtime's engine. Each memory of its pool, if any, reserves so much address space.
    fn wasmtime(
        &self,
        reservation: u64,
        host_stack: usize,
    ) -> wasmtime::Result<(wasmtime::Engine, Settings)> {
        let settings = Settings {
            reservation,
            work: self.work,
            target: Target::Native,
        };
        let engine = running(settings, &self.budgets, host_stack).and_then(|mut config| {
            if let Some(connections) = self.pooled {
                let engines = self.shares.engines;
                let pool = pool(
                    &self.budgets,
                    connections,
                    reservation,
                    self.cleaning,
                    engines,
                );
                config.allocation_strategy(pool);
            }
            wasmtime::Engine::new(&config)
        });
        Ok((engine?, settings))
    }
}

/// The configuration for running code of these settings within the budgets, with so many bytes of stack for the host.
fn running(settings: Settings, budgets: &Budgets, host_stack: usize) -> wasmtime::Result<Config> {
    let mut config = settings.running()?;
    config.max_wasm_stack(budgets.stack);
    config.async_stack_size(budgets.stack.saturating_add(host_stack));
    Ok(config)
}

/// Creates an engine for the portable code of interpreters. It has no pool, since it only runs instances that begin
/// before native code is ready. `None` where the machine can't run portable code: scripts begin later then, and
/// nothing else changes.
fn portable(budgets: &Budgets, host_stack: usize) -> Option<wasmtime::Engine> {
    let engine = running(Settings::PORTABLE, budgets, host_stack)
        .and_then(|config| wasmtime::Engine::new(&config))
        .inspect_err(|error| tracing::debug!("no portable code is run: {error:#}"))
        .ok()?;
    tick_for(&engine).ok()?;
    Some(engine)
}
