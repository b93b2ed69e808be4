//! The engine, as its users hold it.

use crate::engine_state::EngineState;
#[cfg(doc)]
use crate::figures::EngineFigures;
use crate::host_import::HostImports;
use eco_compile::{Budgets, CompileError, Language};
use std::fmt;
use std::sync::Arc;

/// Compiles and runs plugins within their [`Budgets`]. Cheap to clone; clones are the same engine.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<EngineState>, pub(super) Arc<HostImports>);

impl Engine {
    /// Compiles an interpreter, so that the first script starts as fast as the next ones.
    ///
    /// # Errors
    /// The interpreter is not set up, or the compiler failed.
    ///
    /// # Cancel safety
    /// Dropped, it leaves nothing: what is compiled already is kept.
    pub async fn warm_up(&self, language: Language) -> Result<(), CompileError> {
        self.0.code.warm_up(language).await
    }

    /// The budgets of its plugins.
    pub fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }

    /// What it holds now, and has done so far. Each number is read by itself, so that they may be of different moments.
    pub fn counters(&self) -> EngineCounters {
        EngineCounters {
            instances: self.0.figures.instances(),
            memory: self.0.total_memory.in_use().bytes(),
            loaded: self.0.figures.loaded(),
            compiling: self.0.figures.compiling(),
            waiting: self.0.slow_queue.waiting() + self.0.calls.waiting() + self.0.events.waiting(),
        }
    }

    /// The names of the imports that the embedding program offers to its plugins, beside those that eco
    /// [offers](crate::offered) to all.
    pub fn host_imports(&self) -> impl Iterator<Item = &str> {
        self.1.names()
    }

    pub(crate) fn own(&self) -> &HostImports {
        &self.1
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({:?})", self.counters())
    }
}

/// What an engine holds at a moment, and has done up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineCounters {
    /// Instances that live, with dead ones that nobody has dropped yet. Engines that [count](EngineFigures) together have
    /// them together.
    pub instances: usize,
    /// Bytes that count against [`Budgets::total_memory`]: memory, tables, stacks and handles of these instances, what
    /// the host holds for their calls, and the code of all that is loaded. Engines that [share](crate::Shares) count
    /// together. In a laboratory each run counts its own.
    pub memory: usize,
    /// Plugins that were loaded so far; each version of one counts. Together as well.
    pub loaded: u64,
    /// Compilations that go on. Together as well.
    pub compiling: usize,
    /// Calls that wait for a turn: slow ones, those of plugins whose average call takes a millisecond or more, and
    /// those for events. Engines that share have them together.
    pub waiting: usize,
}
