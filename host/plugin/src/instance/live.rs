//! A live instance: its start, and its state between calls.
//!
//! It owns the store. `entered` has the calls.

use super::condition::Condition;
use super::owner::Owner;
use super::state::InstanceState;
use super::store::new_store;
use super::template::{Ready, Template};
use super::watch::Watch;
use crate::call::CalledFunction;
use crate::cpu::call_state::{CallState, Ended, Span, bounded};
use crate::engine_state::EngineState;
use crate::error::Error;
use crate::participation::Participation;
use crate::usage::Usage;
use eco_compile::Budget;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{self, ComponentExportIndex, ComponentNamedList, Lift, Lower, TypedFunc};

/// Waits for `something` that the running call needs before it runs, until the end of its `span` at most.
pub(super) async fn before_end<T>(
    something: impl Future<Output = T>,
    span: Span,
) -> Result<T, Budget> {
    match span.ends {
        None => Ok(something.await),
        Some(end) => tokio::time::timeout_at(end.into(), something)
            .await
            .map_err(|_| Budget::Deadline),
    }
}

/// A live instance in its sandbox. [`enter`](Self::enter) leads to its calls.
pub(crate) struct Instance {
    pub(crate) store: Store<InstanceState>,
    pub(crate) exports: component::Instance,
    pub(super) engine: Arc<EngineState>,
    pub(super) call_state: Arc<CallState>,
}

/// A new instance, and its store.
pub(crate) struct Started<M> {
    pub(crate) store: Store<InstanceState>,
    pub(crate) exports: M,
    pub(crate) call_state: Arc<CallState>,
}

/// Makes an instance. Its start code runs here, within the budgets of one call.
pub(crate) async fn start<R: Ready>(
    template: &Template<R>,
    owner: Owner,
) -> Result<Started<R::Made>, Error> {
    let engine = &template.shared.engine;
    let code = template.code();
    let mut store = new_store(&template.shared, code, owner);
    let held = store.data_mut().hold(template.held);
    held.map_err(|broken| store.data().broke(broken))?;
    let call_state = store.data().meter.call_state.clone();
    store.epoch_deadline_callback(|mut store| store.data_mut().on_tick());
    store.set_epoch_deadline(1);
    // wasmtime copies no more bytes than this out of the plugin at once, as arguments or as results: as many as
    // its memory holds, but not the same bytes again and again. Each receiver checks its own limit.
    store.set_hostcall_fuel(engine.budgets.memory.max(engine.budgets.reply));
    let meter = &store.data().meter;
    let slow = template.starts_slowly.then(|| meter.payer());
    if let Some(payer) = slow.or_else(|| meter.start_instance()) {
        let waits = call_state.waits(&engine.slow_queue, &payer);
        let waited = before_end(waits, store.data().meter.span()).await;
        waited.map_err(|broken| store.data().broke(broken))?;
    }
    let span = store.data().meter.span().runs_from_now();
    let Ended { result, rest } = {
        let starting = pin!(template.ready.instantiate(&mut store));
        bounded(starting, &call_state, engine.budgets.wait, span).await
    };
    let state = store.data_mut();
    state.meter.end(rest);
    state.release_for_call();
    let exports = result
        .map_err(|broken| store.data().broke(broken))?
        .map_err(|error| match error.downcast_ref::<Budget>() {
            Some(broken) => store.data().broke(*broken),
            None => Error::from_start(error, &engine.budgets),
        })?;
    Ok(Started {
        store,
        exports,
        call_state,
    })
}

impl Instance {
    /// Instantiates the plugin.
    pub(crate) async fn start(template: &Template, owner: Owner) -> Result<Self, Error> {
        let Started {
            store,
            exports,
            call_state,
        } = start(template, owner).await?;
        Ok(Self {
            store,
            exports,
            engine: template.shared.engine.clone(),
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
        Usage {
            cpu: Some(self.store.data().meter.total()),
            ..Usage::of(&self.store)
        }
    }

    /// Whether it may be called.
    pub(crate) fn is_alive(&self) -> bool {
        self.store.data().condition == Condition::Alive
    }

    /// Begins to watch a call of this function, if somebody observes the engine.
    pub(crate) fn watch(&self, function: CalledFunction) -> Option<Watch> {
        self.store.data().watch(function)
    }

    /// Tells the observer of a call that is over.
    pub(crate) fn watched<T>(&self, watch: Option<Watch>, result: &Result<T, Error>) {
        self.store.data().watched(watch, result);
    }

    /// Sets the time by the clock in which each further call must be over.
    pub(crate) fn set_deadline(&mut self, deadline: Duration) {
        self.store.data_mut().meter.set_deadline(deadline);
    }

    /// The connection's participation in the shared state.
    pub(crate) fn participation(&mut self) -> &mut Participation {
        &mut self.store.data_mut().participation
    }

    /// Unsubscribes from all topics.
    pub(crate) async fn leave(&mut self) {
        let participation = &mut self.store.data_mut().participation;
        if participation.has_topics() {
            self.call_state.afterwards(participation.leave()).await;
        }
    }

    /// Drops the messages and unsubscriptions of a call that failed.
    pub(super) fn roll_back(&mut self) {
        self.participation().roll_back();
        self.store.data_mut().release_pending();
    }
}
