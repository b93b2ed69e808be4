//! The state that all instances of an engine share: compiled code, the total of memory in use, the queues of calls.
//!
//! It stands below the instances, which use it. The engine itself (`engine`) stands above them.

use crate::error::LoadError;
use crate::figures::EngineFigures;
use crate::imports::host_functions::ScriptImports;
use crate::laboratory::World;
use crate::loaded::Loaded;
use crate::observe::{EngineEvent, Observers};
use eco_compile::{Budgets, CodeCache, Language, Settings, Source, TotalMemory};
use eco_fair::{Accounts, Membership, TurnQueue};
use eco_state::SharedState;
use std::sync::Arc;
use std::time::Instant;

pub(crate) struct EngineState {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) budgets: Budgets,
    /// The settings of the code that it runs.
    pub(crate) settings: Settings,
    /// The source of that code.
    pub(crate) code: Arc<CodeCache>,
    /// Bytes that the host holds for all instances and all code. A laboratory counts those of its own instances.
    pub(crate) total_memory: TotalMemory,
    /// The queue of slow calls.
    pub(crate) slow_queue: TurnQueue,
    /// The queue of calls to plugins whose average call takes a millisecond or more: many may come at once.
    pub(crate) calls: TurnQueue,
    /// The queue of calls for events: one event may cause thousands.
    pub(crate) events: TurnQueue,
    /// Processor time of all peers.
    pub(crate) peers: Arc<Accounts>,
    /// The membership for work of no peer.
    pub(crate) nobody: Arc<Membership>,
    /// The state that the connections of its plugins share.
    pub(crate) state: SharedState,
    /// What it counts, with other engines perhaps.
    pub(crate) figures: EngineFigures,
    /// The embedder's functions, as scripts see them.
    pub(crate) script_imports: ScriptImports,
    /// Those who observe it, if there are any.
    pub(crate) observers: Option<Arc<Observers>>,
    pub(crate) world: World,
    pub(crate) hints: Hints,
    /// Whether instances of scripts start from snapshots. An engine for many instances does that.
    pub(crate) takes_snapshots: bool,
}

impl EngineState {
    /// Limit of one instance's linear memory, in bytes. In a laboratory a script has the memory of its interpreter on
    /// top, so that students of all languages have equally much.
    pub(crate) fn memory_of(&self, script: Option<Language>) -> usize {
        let judged = script.filter(|_| self.world == World::Laboratory);
        let interpreter = judged.map_or(0, Language::least_memory);
        self.budgets.memory.saturating_add(interpreter)
    }

    /// Whether somebody observes it now.
    pub(crate) fn is_observed(&self) -> bool {
        let observers = self.observers.as_ref();
        observers.is_some_and(|observers| observers.listen())
    }

    /// Whether somebody observes all of its calls now, and not those for events alone.
    pub(crate) fn observes_all_calls(&self) -> bool {
        let observers = self.observers.as_ref();
        observers.is_some_and(|observers| observers.listen_to_all_calls())
    }

    /// Begins to watch the load of a plugin, if somebody observes the engine.
    pub(crate) fn watch_load(&self, source: &Source) -> Option<(String, Instant)> {
        self.is_observed().then(|| (source.name(), Instant::now()))
    }

    /// Tells the observer of a load that is over.
    pub(crate) fn watched_load<P>(
        &self,
        watch: Option<(String, Instant)>,
        result: &Result<P, LoadError>,
        loaded: fn(&P) -> &Loaded,
    ) {
        let (Some((name, began)), Some(observers)) = (watch, &self.observers) else {
            return;
        };
        let (name, clock) = (&*name, began.elapsed());
        observers.tell(&match result {
            Ok(plugin) => EngineEvent::Loaded {
                name,
                version: loaded(plugin).version,
                clock,
            },
            Err(error) => EngineEvent::LoadFailed { name, error, clock },
        });
    }
}

/// Whether the log warns of likely slips in scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hints {
    Given,
    /// The reader of the log isn't the author of the script.
    Withheld,
}
