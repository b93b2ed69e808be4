//! The engine: one configured wasmtime for all the plugins of a process.
//!
//! It owns what instances share: compiled code, the pool of instances, the total of memory in use,
//! the queue for long calls. It knows nothing of any one plugin. It only runs code: its wasmtime has no
//! compiler (see `compile`).

mod builder;
mod pool;
mod reservation;
#[cfg(test)]
mod warm_slots;

pub use builder::EngineBuilder;
use pool::KEPT_PART;
pub(crate) use reservation::{CountedComponent, InUse, Reservation};

use crate::budget::{Budget, Budgets};
use crate::cache::Cache;
use crate::compile::{Compiler, Interpreters, Settings, WHOLE_MEMORY};
use crate::load::script::Language;
use eco_fair::{Accounts, Membership, TurnQueue};
use eco_state::SharedState;
use std::any::Any;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

/// Compiles and runs plugins within their [`Budgets`]. Cheap to clone; clones are the same engine.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<EngineState>);

pub(crate) struct EngineState {
    pub(crate) wasmtime: wasmtime::Engine,
    /// Runs the portable code of interpreters. Made when that is first wanted; `None` where it can't be.
    portable: OnceLock<Option<wasmtime::Engine>>,
    /// Whether scripts may begin in such code.
    begins_portable: bool,
    pub(crate) budgets: Budgets,
    /// Which code it runs.
    pub(crate) settings: Settings,
    /// Who makes that.
    pub(crate) compiler: Compiler,
    /// Is told what is compiled while somebody waits.
    pub(crate) on_compile: fn(&str) -> Box<dyn Any + Send>,
    /// Interpreters that are compiled.
    pub(crate) interpreters: Interpreters,
    /// Where it is kept.
    pub(crate) cache: Option<Arc<Cache>>,
    /// What all instances and all code make the host hold, in bytes, held against `Budgets::total_memory`. What instances
    /// hold in a laboratory counts there.
    pub(crate) memory_in_use: InUse,
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

    /// The engine for the portable code of interpreters, where scripts may begin in that.
    pub(crate) fn portable(&self) -> Option<&wasmtime::Engine> {
        let make = || {
            // Where address space is short, no memory gets as much as this code wants.
            let wanted = self.begins_portable && self.settings.reservation == WHOLE_MEMORY;
            wanted.then(|| builder::portable(&self.budgets)).flatten()
        };
        self.portable.get_or_init(make).as_ref()
    }

    /// Whether so many bytes in use are within the budget, together with those that the pool keeps for
    /// coming instances. To ask for these takes locks, and they matter only near the budget.
    pub(crate) fn check_total(&self, in_use: usize) -> Result<(), Budget> {
        let total = self.budgets.total_memory;
        let kept = || {
            let pool = self.wasmtime.pooling_allocator_metrics();
            pool.map_or(0, |pool| {
                pool.unused_memory_bytes_resident() + pool.unused_table_bytes_resident()
            })
        };
        if in_use <= total - total / KEPT_PART || in_use.saturating_add(kept()) <= total {
            Ok(())
        } else {
            Err(Budget::TotalMemory)
        }
    }
}

/// Whether the log says what the author of a script may have meant otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hints {
    Given,
    /// It is somebody else who reads the log.
    Withheld,
}

/// What its instances see of the world outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    Real,
    /// See [`Laboratory`](crate::Laboratory).
    Laboratory,
}

/// Stack that the host's own functions may use above the plugin's, when a plugin calls `log` or
/// WASI. Hitting it would be eco's bug, and a guard page would end the process: it is generous,
/// and costs address space only. Test: `hostile::a_plugin_that_floods_the_log_or_recurses_into_the_host_is_cut`.
const HOST_STACK: usize = 512 * 1024;

/// Core instances, memories and tables that one plugin may be made of. Interpreters and adapters
/// come as a handful of modules; more is refused when it is loaded.
/// Test: `loading::what_would_take_gigabytes_to_compile_is_refused`.
pub(crate) const PARTS: u32 = 32;

impl Engine {
    /// An engine that compiles with `compiler`, and whose plugins have these budgets.
    pub fn builder(compiler: Compiler, budgets: Budgets) -> EngineBuilder {
        EngineBuilder::new(compiler, budgets)
    }

    /// The budgets that its plugins have.
    pub fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }
}
