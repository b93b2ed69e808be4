//! One running instance, and the one way to call into it.
//!
//! It owns the store. It must not know which functions there are; `server` and `client` do.

mod limiter;
pub(crate) mod state;

use crate::abi::Measured;
use crate::cpu::call_state::{CallState, Ended, Payer, bounded};
use crate::engine::EngineState;
use crate::error::Error;
use crate::imports::shared::Shared;
use crate::laboratory::Laboratory;
use eco_compile::Reservation;
use eco_compile::Target;
use eco_compile::{Budget, Budgets};
use eco_contract::SlowFlag;
use eco_fair::{Account, Membership, Place};
use state::{HANDLES, PluginShared, State};
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::{
    self, ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower, TypedFunc,
};
use wasmtime::{Store, StoreContext};

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
    pub(crate) fn of(store: &Store<State>) -> Self {
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

/// Whose instance it is.
#[derive(Clone)]
pub(crate) struct Owner {
    /// The number of its connection.
    pub(crate) connection: u64,
    /// Its peer's part of the processors.
    pub(crate) membership: Arc<Membership>,
    pub(crate) slow_flag: SlowFlag,
    /// Its surroundings, in a laboratory.
    pub(crate) laboratory: Option<Laboratory>,
}

impl Owner {
    /// No connection's.
    pub(crate) fn nobody(engine: &EngineState) -> Self {
        Self {
            connection: 0,
            membership: engine.nobody.clone(),
            slow_flag: SlowFlag::default(),
            laboratory: None,
        }
    }
}

/// A store for one instance, with its limits of memory.
pub(crate) fn new_store(plugin: &PluginShared, code: Code<'_>, owner: Owner) -> Store<State> {
    let state = State::new(plugin, code.target, owner);
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

/// The instructions that an instance has left. `None` where none is counted: wasmtime's own answer would be an
/// error, which costs a backtrace.
pub(crate) fn instructions_left<'a>(store: impl Into<StoreContext<'a, State>>) -> Option<u64> {
    let store = store.into();
    let counts = store.data().counts_fuel;
    counts.then(|| store.get_fuel().ok()).flatten()
}

/// Waits for something before a call that began then, for no longer than that may take.
async fn before_deadline<T>(
    something: impl Future<Output = T>,
    began: Instant,
    budgets: &Budgets,
) -> Result<T, Error> {
    match began.checked_add(budgets.deadline) {
        // What can't be counted is never.
        None => Ok(something.await),
        Some(end) => tokio::time::timeout_at(end.into(), something)
            .await
            .map_err(|_| Error::budget(Budget::Deadline, budgets)),
    }
}

/// What instances of a plugin are made from.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) shared: PluginShared,
    pub(crate) ready: InstancePre<State>,
    /// Bytes that the host holds for each instance beside its memory and its tables.
    pub(crate) held: usize,
    /// Whether so much is copied for each instance that its start takes long.
    pub(crate) starts_slowly: bool,
    pub(crate) target: Target,
    /// Its code, as it counts for as long as there is anybody to start from this.
    pub(crate) _counted: Arc<Reservation>,
}

impl Template {
    fn code(&self) -> Code<'_> {
        Code {
            engine: self.ready.engine(),
            target: self.target,
        }
    }
}

/// A live instance in its sandbox. After a call that failed it is dead: drop it.
pub(crate) struct Instance {
    pub(crate) store: Store<State>,
    pub(crate) exports: component::Instance,
    engine: Arc<EngineState>,
    call_state: Arc<CallState>,
}

impl Instance {
    /// Instantiates the plugin. Its start code runs here, within the budgets of one call.
    pub(crate) async fn start(template: &Template, owner: Owner) -> Result<Self, Error> {
        let engine = &template.shared.engine;
        let code = template.code();
        let mut store = new_store(&template.shared, code, owner);
        let held = store.data_mut().hold(template.held);
        held.map_err(|broken| Error::budget(broken, &engine.budgets))?;
        let call_state = store.data().meter.call_state.clone();
        store.epoch_deadline_callback(|mut store| store.data_mut().on_tick());
        store.set_epoch_deadline(1);
        // wasmtime takes no more out of the plugin at once, in either direction of a call: as much as lies in its
        // memory, but not the same bytes again and again. What that may be is checked by whoever takes it.
        store.set_hostcall_fuel(engine.budgets.memory.max(engine.budgets.reply));
        let meter = &store.data().meter;
        let began = meter.began();
        let slow = template.starts_slowly.then(|| meter.payer());
        if let Some(payer) = slow.or_else(|| meter.start_instance()) {
            let waits = call_state.waits(&engine.slow_queue, &payer);
            before_deadline(waits, began, &engine.budgets).await?;
        }
        let Ended { result, rest } = {
            let starting = pin!(template.ready.instantiate_async(&mut store));
            let times = (began, Instant::now());
            bounded(starting, &call_state, &engine.budgets, times).await
        };
        store.data_mut().meter.end(rest);
        let exports = result
            .map_err(|broken| Error::budget(broken, &engine.budgets))?
            .map_err(|error| Error::from_start(&error, &engine.budgets))?;
        Ok(Self {
            store,
            exports,
            engine: engine.clone(),
            call_state,
        })
    }

    /// The function of this type that the plugin exports there.
    pub(crate) fn function<P, R>(
        &mut self,
        export: &ComponentExportIndex,
    ) -> wasmtime::Result<TypedFunc<P, R>>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        self.exports.get_typed_func(&mut self.store, export)
    }

    /// What the instance has used so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(&self.store)
    }

    /// What it has to do with others.
    pub(crate) fn shared(&mut self) -> &mut Shared {
        &mut self.store.data_mut().imports.shared
    }

    /// After a call that returned well: what the plugin has said in it takes effect. It has said nothing where it went on
    /// after it had used up a budget, and that is the error.
    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        if let Some(broken) = self.store.data().broken() {
            self.roll_back();
            return Err(broken);
        }
        let shared = &mut self.store.data_mut().imports.shared;
        if shared.pending_size() > 0 {
            self.call_state.afterwards(shared.commit()).await;
            let state = self.store.data_mut();
            state.release_pending();
            let room = state.check_shared();
            room.map_err(|broken| Error::budget(broken, &self.engine.budgets))?;
        }
        Ok(())
    }

    /// Leaves all that it has subscribed to.
    pub(crate) async fn leave(&mut self) {
        let shared = &mut self.store.data_mut().imports.shared;
        if shared.has_topics() {
            self.call_state.afterwards(shared.leave()).await;
        }
    }

    /// The plugin has said nothing: its call has failed.
    pub(crate) fn roll_back(&mut self) {
        self.shared().roll_back();
        self.store.data_mut().release_pending();
    }

    /// Calls a function within the budgets of one call. What it returns is within `reply`.
    pub(crate) async fn call<P, R>(
        &mut self,
        function: TypedFunc<P, R>,
        arguments: P,
    ) -> Result<R, Error>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Measured + Send + Sync + 'static,
    {
        let returned = self.call_for_any_length(function, arguments).await?;
        self.within_reply(returned)
    }

    /// What a call has returned, if that is no more than it may be.
    fn within_reply<R: Measured>(&self, returned: R) -> Result<R, Error> {
        let budgets = &self.engine.budgets;
        if returned.length() > budgets.reply {
            return Err(Error::budget(Budget::Reply, budgets));
        }
        Ok(returned)
    }

    /// The same, for what is eco's own.
    pub(crate) async fn call_for_any_length<P, R>(
        &mut self,
        function: TypedFunc<P, R>,
        arguments: P,
    ) -> Result<R, Error>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let slow = self.store.data_mut().start_call();
        let takes_turn = slow.is_none() && self.store.data().takes_turns();
        if takes_turn {
            let meter = &self.store.data().meter;
            let (payer, began) = (meter.payer(), meter.began());
            let calls = &self.engine.calls;
            let turn = calls.enter(&payer.plugin, &payer.peer, payer.recent);
            let place = before_deadline(turn, began, &self.engine.budgets).await?;
            self.store.data_mut().meter.has_had_turn();
            self.call_state.has_turn(Some(place));
        }
        let returned = self.call_now(function, arguments, slow).await;
        if takes_turn {
            self.call_state.has_turn(None);
        }
        returned
    }

    /// Calls a function for an event, for which `payer` pays, if anybody here does, and which has its `turn`.
    pub(crate) async fn call_for_event<P, R>(
        &mut self,
        function: TypedFunc<P, R>,
        arguments: P,
        (turn, payer): (Option<Place>, Option<Arc<Account>>),
    ) -> Result<R, Error>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Measured + Send + Sync + 'static,
    {
        let slow = self.store.data_mut().start_call();
        self.store.data_mut().meter.is_paid_by(payer);
        let has_turn = turn.is_some();
        self.call_state.has_turn(turn);
        let returned = self.call_now(function, arguments, slow).await;
        if has_turn {
            self.call_state.has_turn(None);
        }
        self.within_reply(returned?)
    }

    /// Makes a call that has begun, and waits for its place first where it takes long from the start.
    async fn call_now<P, R>(
        &mut self,
        function: TypedFunc<P, R>,
        arguments: P,
        slow: Option<Payer>,
    ) -> Result<R, Error>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let budgets = &self.engine.budgets;
        let began = self.store.data().meter.began();
        if let Some(payer) = slow {
            let waits = self.call_state.waits(&self.engine.slow_queue, &payer);
            before_deadline(waits, began, budgets).await?;
        }
        self.store.set_epoch_deadline(1);
        let times = (began, self.store.data().meter.runs_since());
        let Ended { result, rest } = {
            let call = pin!(function.call_async(&mut self.store, arguments));
            bounded(call, &self.call_state, budgets, times).await
        };
        let state = self.store.data_mut();
        state.meter.end(rest);
        state.release_for_call();
        let result = result
            .map_err(|broken| Error::budget(broken, budgets))?
            .map_err(|error| Error::from_call(&error, budgets))?;
        // What it has logged was not held against anything yet.
        let room = self.store.data().check_shared();
        room.map_err(|broken| Error::budget(broken, budgets))?;
        // What the host did for it counts too, and is not noticed before a tick or this.
        if self.store.data().host_fuel() > 0 && self.usage().fuel > Some(budgets.fuel) {
            Err(Error::budget(Budget::Fuel, budgets))
        } else {
            Ok(result)
        }
    }
}
