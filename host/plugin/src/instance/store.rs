//! The store of one instance, with its limits and its usage.

use super::owner::Owner;
use super::state::{HANDLES, InstanceState, PluginShared};
use crate::imports::host_calls::instructions_left;
use eco_compile::Target;
use std::time::Duration;
use wasmtime::Store;

/// The memory and the work of an instance so far.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Bytes of linear memory, of all its memories together.
    pub memory: usize,
    /// Processor time of its start and of its calls that are over. A call, or the part of one, that took less than
    /// 10 ms, is measured by the wall clock. `None` for a plugin that is called directly: its calls take about as long
    /// as reading a clock, and nothing measures them.
    pub cpu: Option<Duration>,
    /// Units of work, as [`Budgets::fuel`](crate::Budgets::fuel) counts them. `None` unless the engine is
    /// [metered](crate::EngineBuilder::metered).
    pub fuel: Option<u64>,
}

impl Usage {
    pub(crate) fn of(store: &Store<InstanceState>) -> Self {
        Self {
            memory: store.data().memory(),
            cpu: None,
            // Portable code counts fuel even where nobody asked for it.
            fuel: instructions_left(store)
                .filter(|_| store.data().engine.settings.counts_fuel())
                .map(|left| {
                    let state = store.data();
                    state.own_fuel(left).saturating_add(state.host_fuel())
                }),
        }
    }
}

/// Creates the store of one instance, with its limits.
pub(crate) fn new_store(
    plugin: &PluginShared,
    code: Code<'_>,
    owner: Owner,
) -> Store<InstanceState> {
    let state = InstanceState::new(plugin, code.target, owner);
    let counts_fuel = state.counts_fuel;
    let mut store = Store::new(code.engine, state);
    store.limiter(|state| state);
    store.set_max_component_handles(HANDLES);
    if counts_fuel {
        // `set_fuel` fails only on engines that count no fuel.
        let instructions = store.data().instructions();
        let _ = store.set_fuel(instructions);
    }
    store
}

/// The code that an instance runs.
#[derive(Clone, Copy)]
pub(crate) struct Code<'a> {
    /// The engine that the code was compiled for.
    pub(crate) engine: &'a wasmtime::Engine,
    pub(crate) target: Target,
}
