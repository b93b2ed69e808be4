//! What engines count, for whoever watches them.

mod calls;

pub(crate) use calls::TimedCall;
pub use calls::{CALL_TIMES, CallCounts};

use crate::error::Error;
use calls::Calls;
use eco_compile::Budget;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What engines count together: those that are [built with it](crate::EngineBuilder::counting_in), one after the other, as
/// budgets change. Clones are the same. It keeps no engine.
#[derive(Clone, Default)]
pub struct EngineFigures(Arc<Tallies>);

#[derive(Default)]
struct Tallies {
    instances: AtomicUsize,
    memory: AtomicUsize,
    memory_limit: AtomicUsize,
    loaded: AtomicU64,
    compiling: Arc<AtomicUsize>,
    calls: Option<Calls>,
}

impl EngineFigures {
    /// The same, which counts each call too, with its time. A call reads the clock twice for it, and takes no lock. Of the
    /// calls that are over in microseconds whatever they are given, one in 16 of an instance reads the clock, and the others
    /// count with the time of the last that did.
    pub fn with_calls() -> Self {
        Self(Arc::new(Tallies {
            calls: Some(Calls::default()),
            ..Tallies::default()
        }))
    }

    /// Instances that live, with dead ones that nobody has dropped yet.
    pub fn instances(&self) -> usize {
        self.0.instances.load(Ordering::Relaxed)
    }

    /// Bytes of these instances: their memories and tables, and what the host holds for each until it ends. What it holds
    /// for the calls that run is not in it.
    pub fn memory(&self) -> usize {
        self.0.memory.load(Ordering::Relaxed)
    }

    /// Bytes of linear memory that an instance may have: [`Budgets::memory`](crate::Budgets::memory) of the engine that was
    /// built last.
    pub fn memory_limit(&self) -> usize {
        self.0.memory_limit.load(Ordering::Relaxed)
    }

    /// Plugins that were loaded so far; each version of one counts.
    pub fn loaded(&self) -> u64 {
        self.0.loaded.load(Ordering::Relaxed)
    }

    /// Compilations that go on: of plugins, of interpreters, and of snapshots.
    pub fn compiling(&self) -> usize {
        self.0.compiling.load(Ordering::Relaxed)
    }

    /// The calls of each function of a server's plugin that are over. A call whose future was dropped is not counted, nor
    /// one for which the plugin wasn't called. Nothing, where [calls](Self::with_calls) aren't counted.
    pub fn calls(&self) -> Vec<CallCounts> {
        self.0.calls.as_ref().map_or(Vec::new(), Calls::counts)
    }

    /// How often a plugin has failed: by [`Error::code`], and by the budget where it broke one. It may have failed in a call,
    /// or while its instance was made. Nothing, where [calls](Self::with_calls) aren't counted.
    pub fn failures(&self) -> Vec<(&'static str, Option<Budget>, u64)> {
        self.0.calls.as_ref().map_or(Vec::new(), Calls::failures)
    }

    pub(crate) fn count_calls(&self) -> bool {
        self.0.calls.is_some()
    }

    pub(crate) fn called(&self, call: TimedCall) {
        if let Some(calls) = &self.0.calls {
            calls.count(call);
        }
    }

    pub(crate) fn failed(&self, error: &Error) {
        if let Some(calls) = &self.0.calls {
            calls.fail(error);
        }
    }

    /// Counts a plugin as loaded. Returns its number.
    pub(crate) fn load(&self) -> u64 {
        self.0.loaded.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn make_instance(&self) {
        self.0.instances.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn drop_instance(&self) {
        self.0.instances.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn add_memory(&self, bytes: usize) {
        self.0.memory.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn subtract_memory(&self, bytes: usize) {
        self.0.memory.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn set_memory_limit(&self, bytes: usize) {
        self.0.memory_limit.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn compilations(&self) -> Arc<AtomicUsize> {
        self.0.compiling.clone()
    }
}

impl fmt::Debug for EngineFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineFigures")
            .field("instances", &self.instances())
            .field("loaded", &self.loaded())
            .finish_non_exhaustive()
    }
}
