//! The engine, and what all of its instances share.

use crate::laboratory::World;
use eco_compile::{Budgets, CodeCache, CompileError, Language, Settings, TotalMemory};
use eco_fair::{Accounts, Membership, TurnQueue};
use eco_state::SharedState;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Compiles and runs plugins within their [`Budgets`]. Cheap to clone; clones are the same engine.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<EngineState>);

pub(crate) struct EngineState {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) budgets: Budgets,
    /// Which code it runs.
    pub(crate) settings: Settings,
    /// Where that comes from.
    pub(crate) code: Arc<CodeCache>,
    /// What all instances and all code make the host hold, in bytes. What instances hold in a laboratory counts there.
    pub(crate) total_memory: TotalMemory,
    /// For calls that take long.
    pub(crate) slow_queue: TurnQueue,
    /// For calls of plugins whose calls take some milliseconds, of which many may come at once.
    pub(crate) calls: TurnQueue,
    /// For calls for events, of which one may cause thousands.
    pub(crate) events: TurnQueue,
    /// What peers have had of the processors.
    pub(crate) peers: Arc<Accounts>,
    /// The part of whoever takes none of them.
    pub(crate) nobody: Arc<Membership>,
    /// What the connections of its plugins share.
    pub(crate) state: SharedState,
    /// How many plugins it has loaded.
    pub(crate) loaded: AtomicU64,
    pub(crate) world: World,
    pub(crate) hints: Hints,
    /// Whether instances of scripts start from snapshots: where there will be many.
    pub(crate) takes_snapshots: bool,
}

impl EngineState {
    /// Linear memory of one instance, in bytes. In a laboratory a script has it beside what its interpreter needs,
    /// so that it is as much for a student of each language.
    pub(crate) fn memory_of(&self, script: Option<Language>) -> usize {
        let judged = script.filter(|_| self.world == World::Laboratory);
        let interpreter = judged.map_or(0, Language::least_memory);
        self.budgets.memory.saturating_add(interpreter)
    }
}

/// Whether the log says what the author of a script may have meant otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hints {
    Given,
    /// It is somebody else who reads the log.
    Withheld,
}

impl Engine {
    /// Compiles an interpreter, so that the first script starts as fast as the next ones.
    ///
    /// # Errors
    /// It is not set up, or the compiler failed.
    pub async fn warm_up(&self, language: Language) -> Result<(), CompileError> {
        self.0.code.warm_up(language).await
    }

    /// The budgets that its plugins have.
    pub fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }
}
