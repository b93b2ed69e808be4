//! The store of one instance, with its limits and its usage.

use super::held_bytes::HANDLES;
use super::owner::Owner;
use super::state::{InstanceState, PluginShared};
use crate::imports::host_calls::instructions_left;
use crate::usage::Usage;
use eco_compile::Target;
use wasmtime::{Store, StoreContext};

impl Usage {
    pub(crate) fn of<'a>(store: impl Into<StoreContext<'a, InstanceState>>) -> Self {
        let store = store.into();
        Self {
            memory: store.data().memory(),
            cpu: None,
            // Portable code counts fuel even where nobody asked for it.
            fuel: instructions_left(&store)
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
