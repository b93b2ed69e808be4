//! One running instance, and the one way to call into it.
//!
//! It owns the store. It must not know which functions there are; `session` and `dialogue` do.

use super::budget::Budget;
use super::engine::Shared;
use super::error::Error;
use super::guard::{Turn, bounded};
use super::lab::Lab;
use super::lately::Lately;
use super::loaded::Loaded;
use super::sandbox::{HANDLES, State};
use eco_contract::Effort;
use std::pin::pin;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{self, ComponentNamedList, Lift, Lower, TypedFunc};

/// What an instance has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Bytes of linear memory.
    pub memory: usize,
    /// Units of work, about one for each instruction of WebAssembly. `None` unless the engine is
    /// [metered](super::Engine::metered).
    pub fuel: Option<u64>,
}

impl Usage {
    pub(super) fn of(store: &Store<State>) -> Self {
        Self {
            memory: store.data().memory(),
            fuel: store.get_fuel().ok().map(|left| {
                let state = store.data();
                let own = state.engine.budgets.fuel.saturating_sub(left);
                own.saturating_add(state.host_fuel())
            }),
        }
    }
}

/// A store for one instance, with its limits of memory.
pub(super) fn new_store(
    plugin: &Loaded,
    connection: u64,
    effort: Effort,
    lab: Option<Lab>,
) -> Store<State> {
    let engine = &plugin.engine;
    let state = State::new(plugin, connection, effort, lab);
    let mut store = Store::new(&engine.wasmtime, state);
    store.limiter(|state| state);
    store.set_max_component_handles(HANDLES);
    // An error where the engine counts no fuel, and then it is not needed.
    let _ = store.set_fuel(engine.budgets.fuel);
    store
}

/// A live instance in its sandbox. After a call that failed it is dead: drop it.
pub(super) struct Instance {
    pub(super) store: Store<State>,
    pub(super) exports: component::Instance,
    engine: Arc<Shared>,
    turn: Arc<Turn>,
}

impl Instance {
    /// Instantiates the plugin. Its start code runs here, within the budgets of one call.
    pub(super) async fn start(
        plugin: &Loaded,
        connection: u64,
        effort: Effort,
        lab: Option<Lab>,
    ) -> Result<Self, Error> {
        let engine = &plugin.engine;
        let mut store = new_store(plugin, connection, effort, lab);
        // What is called directly is only tried out here.
        if plugin.straight.is_none() {
            let held = store.data_mut().hold(plugin.held);
            held.map_err(|broken| Error::budget(broken, &engine.budgets))?;
        }
        let turn = store.data().meter.turn.clone();
        store.epoch_deadline_callback(|mut store| store.data_mut().on_tick());
        store.set_epoch_deadline(1);
        // Counts the bytes that a call returns, before the host allocates anything for them.
        store.set_hostcall_fuel(engine.budgets.reply);
        if plugin.starts_slowly {
            turn.waits(&engine.lane, Lately::default()).await;
        }
        let exports = {
            let starting = pin!(plugin.ready.instantiate_async(&mut store));
            bounded(starting, &turn, &engine.budgets).await
        }
        .map_err(|broken| Error::budget(broken, &engine.budgets))?
        .map_err(|error| Error::from_call(&error, &engine.budgets))?;
        Ok(Self {
            store,
            exports,
            engine: engine.clone(),
            turn,
        })
    }

    /// What the instance has used so far.
    pub(super) fn usage(&self) -> Usage {
        Usage::of(&self.store)
    }

    /// Calls a function within the budgets of one call.
    pub(super) async fn call<P, R>(
        &mut self,
        function: TypedFunc<P, R>,
        arguments: P,
    ) -> Result<R, Error>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        if let Some(lately) = self.store.data_mut().start_call() {
            self.turn.waits(&self.engine.lane, lately).await;
        }
        self.store.set_epoch_deadline(1);
        let budgets = &self.engine.budgets;
        let result = {
            let call = pin!(function.call_async(&mut self.store, arguments));
            bounded(call, &self.turn, budgets).await
        };
        let result = result
            .map_err(|broken| Error::budget(broken, budgets))?
            .map_err(|error| Error::from_call(&error, budgets))?;
        // What the host did for it counts too, and is not noticed before a tick or this.
        match self.store.data().host_fuel() > 0 && self.usage().fuel > Some(budgets.fuel) {
            true => Err(Error::budget(Budget::Fuel, budgets)),
            false => Ok(result),
        }
    }
}
