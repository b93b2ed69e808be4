//! The store of one instance, with its limits, and what was used in it.

use super::owner::Owner;
use super::state::{HANDLES, InstanceState, PluginShared};
use crate::imports::host_calls::instructions_left;
use eco_compile::Target;
use wasmtime::Store;

/// What an instance has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Bytes of linear memory.
    pub memory: usize,
    /// Units of work, as of [`Budgets::fuel`](crate::Budgets::fuel). `None` unless the engine is
    /// [metered](crate::EngineBuilder::metered).
    pub fuel: Option<u64>,
}

impl Usage {
    pub(crate) fn of(store: &Store<InstanceState>) -> Self {
        Self {
            memory: store.data().memory(),
            // Portable code counts it for everybody.
            fuel: instructions_left(store)
                .filter(|_| store.data().engine.settings.counts_fuel())
                .map(|left| {
                    let state = store.data();
                    let own = state.instructions().saturating_sub(left);
                    let own = own.div_ceil(state.instructions_per_unit);
                    own.saturating_add(state.host_fuel())
                }),
        }
    }
}

/// A store for one instance, with its limits of memory.
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
        // It fails on engines that count none, and only there.
        let instructions = store.data().instructions();
        let _ = store.set_fuel(instructions);
    }
    store
}

/// What an instance runs.
#[derive(Clone, Copy)]
pub(crate) struct Code<'a> {
    /// The engine that it was compiled for.
    pub(crate) engine: &'a wasmtime::Engine,
    pub(crate) target: Target,
}
