//! One running instance, and the one way to call into it.
//!
//! It owns the store. `server` and `client` name the functions.

mod limiter;
mod owner;
pub(crate) mod state;
mod store;
mod template;

use crate::abi::Measured;
use crate::cpu::call_state::{CallState, Ended, Payer, bounded};
use crate::engine_state::EngineState;
use crate::error::Error;
use crate::imports::host_calls::HostCalls as _;
use crate::participation::Participation;
use eco_compile::{Budget, Budgets};
use eco_fair::{Account, Place};
pub(crate) use owner::Owner;
use state::InstanceState;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;
pub use store::Usage;
pub(crate) use store::{Code, new_store};
pub(crate) use template::Template;
use wasmtime::Store;
use wasmtime::component::{self, ComponentExportIndex, ComponentNamedList, Lift, Lower, TypedFunc};

/// Waits for `something` that a call needs before it runs, until the call's deadline at most. The call began at
/// `began`.
async fn before_deadline<T>(
    something: impl Future<Output = T>,
    began: Instant,
    budgets: &Budgets,
) -> Result<T, Error> {
    match began.checked_add(budgets.deadline) {
        // A deadline beyond the clock's range never comes.
        None => Ok(something.await),
        Some(end) => tokio::time::timeout_at(end.into(), something)
            .await
            .map_err(|_| Error::budget(Budget::Deadline, budgets)),
    }
}

/// A live instance in its sandbox. After a call that failed it is dead: drop it.
pub(crate) struct Instance {
    pub(crate) store: Store<InstanceState>,
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
        // wasmtime copies no more bytes than this out of the plugin at once, as arguments or as results: as many as
        // its memory holds, but not the same bytes again and again. Each receiver checks its own limit.
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
            .map_err(|error| Error::from_start(error, &engine.budgets))?;
        Ok(Self {
            store,
            exports,
            engine: engine.clone(),
            call_state,
        })
    }

    /// The exported function at this index, if it has this type.
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

    /// The memory and the work that the instance has used so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(&self.store)
    }

    /// The connection's participation in the shared state.
    pub(crate) fn participation(&mut self) -> &mut Participation {
        &mut self.store.data_mut().participation
    }

    /// Commits the messages and unsubscriptions of a call that returned well. A script that went on after it had used
    /// up a budget commits nothing, and the broken budget is the error.
    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        if let Some(broken) = self.store.data().broken() {
            self.roll_back();
            return Err(broken);
        }
        let participation = &mut self.store.data_mut().participation;
        if participation.pending_size() > 0 {
            self.call_state.afterwards(participation.commit()).await;
            let state = self.store.data_mut();
            state.release_pending();
            let room = state.check_shared();
            room.map_err(|broken| Error::budget(broken, &self.engine.budgets))?;
        }
        Ok(())
    }

    /// Unsubscribes from all topics.
    pub(crate) async fn leave(&mut self) {
        let participation = &mut self.store.data_mut().participation;
        if participation.has_topics() {
            self.call_state.afterwards(participation.leave()).await;
        }
    }

    /// Drops the messages and unsubscriptions of a call that failed.
    pub(crate) fn roll_back(&mut self) {
        self.participation().roll_back();
        self.store.data_mut().release_pending();
    }

    /// Calls a function within the budgets of one call. Its result is within `reply`.
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

    /// Checks the length of a call's result.
    fn within_reply<R: Measured>(&self, returned: R) -> Result<R, Error> {
        let budgets = &self.engine.budgets;
        if returned.length() > budgets.reply {
            return Err(Error::budget(Budget::Reply, budgets));
        }
        Ok(returned)
    }

    /// As `call`, without a check of the result's length: for functions of eco's own.
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

    /// Calls a function for an event, which has its `turn` where it needs one. `payer` pays for the call; `None`
    /// charges the connection's own peer.
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

    /// Runs a call that has begun. A call that is slow from the start waits for its place first.
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
            .map_err(|error| Error::from_call(error, budgets))?;
        // Lines that the call has logged were counted, but not checked against the budget.
        let room = self.store.data().check_shared();
        room.map_err(|broken| Error::budget(broken, budgets))?;
        // The host's work for the call counts too. Only a tick and this check notice it.
        if self.store.data().host_fuel() > 0 && self.usage().fuel > Some(budgets.fuel) {
            Err(Error::budget(Budget::Fuel, budgets))
        } else {
            Ok(result)
        }
    }
}
