//! A call of an instance that is under way: the only way to call its functions.
//!
//! It owns the steps of a call, and the budgets that are checked around it. `server` and `client` name the functions.

use super::condition::Condition;
use super::live::{Instance, before_end};
use super::state::InstanceState;
use crate::abi::Measured;
use crate::cpu::call_state::{Ended, Payer, bounded};
use crate::error::Error;
use crate::imports::host_calls::HostCalls as _;
use crate::participation::Participation;
use crate::usage::Usage;
use eco_compile::Budget;
use eco_fair::{Account, Place};
use std::pin::pin;
use std::sync::Arc;
use wasmtime::StoreContext;
use wasmtime::component::{ComponentNamedList, Lift, Lower, TypedFunc};

/// An instance that was entered. Dropped before [`succeeds`](Self::succeeds) or [`fails`](Self::fails), it leaves a
/// dead instance. What the call wanted to publish and has not committed is gone in any case.
pub(crate) struct Entered<'a> {
    instance: &'a mut Instance,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.instance.roll_back();
    }
}

impl Instance {
    /// Enters the instance for a call.
    ///
    /// # Errors
    /// It may not be called.
    pub(crate) fn enter(&mut self) -> Result<Entered<'_>, Error> {
        self.store.data_mut().condition.begin()?;
        Ok(Entered { instance: self })
    }

    /// Enters the instance for its last call. `None` where the plugin may not be called.
    pub(crate) fn enter_last(&mut self) -> Option<Entered<'_>> {
        let condition = &mut self.store.data_mut().condition;
        let may_be_called = condition.begin_last();
        may_be_called.then_some(Entered { instance: self })
    }
}

impl Entered<'_> {
    /// The connection's participation in the shared state.
    pub(crate) fn participation(&mut self) -> &mut Participation {
        self.instance.participation()
    }

    /// Checks whether a call that returned well went on after it had used up a budget.
    pub(crate) fn check_spent(&self) -> Result<(), Error> {
        match self.instance.store.data().broken() {
            Some(broken) => Err(broken),
            None => Ok(()),
        }
    }

    /// Ends a call that went well: the instance may be called again.
    pub(crate) fn succeeds(self) {
        self.instance.store.data_mut().condition = Condition::Alive;
    }

    /// Ends a call that returned an error of the plugin's own, and returns it.
    pub(crate) fn fails(self, text: String) -> Error {
        let state = self.instance.store.data_mut();
        let error = state.error(text);
        // The text may have broken a budget, or tell of a broken one.
        if matches!(error, Error::Plugin(_)) {
            state.condition = Condition::Failed;
        }
        error
    }

    /// As [`fails`](Self::fails), for a connection that the plugin refuses: it isn't told of the connection's end.
    pub(crate) fn refuses(self, text: String) -> Error {
        self.instance.store.data().error(text)
    }

    /// Commits the messages and unsubscriptions of a call that returned well. A script that went on after it had used
    /// up a budget commits nothing, and the broken budget is the error.
    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        self.check_spent()?;
        let Instance {
            store, call_state, ..
        } = self.instance;
        let participation = &mut store.data_mut().participation;
        if participation.pending_size() > 0 {
            call_state.afterwards(participation.commit()).await;
            let state = store.data_mut();
            state.release_pending();
            let room = state.check_shared();
            room.map_err(|broken| state.broke(broken))?;
        }
        Ok(())
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
        let budgets = &self.instance.engine.budgets;
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
        let state = self.instance.store.data_mut();
        let has_turn = match state.start_call() {
            // Boxed, since waiting is rare: every connection's future would have room for it.
            Some(payer) => {
                Box::pin(self.wait_for_place(payer)).await?;
                false
            }
            None if state.takes_turns() => {
                Box::pin(self.wait_for_turn()).await?;
                true
            }
            None => false,
        };
        let returned = self.call_now(function, arguments).await;
        if has_turn {
            self.instance.call_state.release_place();
        }
        returned
    }

    /// Waits for the turn of a call, which the call has then.
    async fn wait_for_turn(&mut self) -> Result<(), Error> {
        let Instance {
            store,
            call_state,
            engine,
            ..
        } = self.instance;
        let meter = &store.data().meter;
        let payer = meter.payer();
        let turn = engine.calls.enter(&payer.plugin, &payer.peer, payer.recent);
        let place = before_end(turn, meter.span()).await;
        let place = place.map_err(|broken| store.data().broke(broken))?;
        store.data_mut().meter.has_had_turn();
        call_state.holds_place(Some(place));
        Ok(())
    }

    /// Waits for the place of a call that is slow from the start.
    async fn wait_for_place(&mut self, payer: Payer) -> Result<(), Error> {
        let Instance {
            store,
            call_state,
            engine,
            ..
        } = self.instance;
        let waits = call_state.waits(&engine.slow_queue, &payer);
        let waited = before_end(waits, store.data().meter.span()).await;
        waited.map_err(|broken| store.data().broke(broken))
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
        let state = self.instance.store.data_mut();
        let slow = state.start_call();
        state.meter.is_paid_by(payer);
        let has_turn = turn.is_some();
        self.instance.call_state.holds_place(turn);
        let waited = match slow {
            Some(payer) => Box::pin(self.wait_for_place(payer)).await,
            None => Ok(()),
        };
        let returned = match waited {
            Ok(()) => self.call_now(function, arguments).await,
            Err(broken) => Err(broken),
        };
        if has_turn {
            self.instance.call_state.release_place();
        }
        self.within_reply(returned?)
    }

    /// Runs a call that has begun, and has its turn if it needs one.
    async fn call_now<P, R>(&mut self, function: TypedFunc<P, R>, arguments: P) -> Result<R, Error>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let Instance {
            store,
            call_state,
            engine,
            ..
        } = self.instance;
        let budgets = &engine.budgets;
        store.set_epoch_deadline(1);
        let span = store.data().meter.span();
        let Ended { result, rest } = {
            let call = pin!(function.call_async(&mut *store, arguments));
            bounded(call, call_state, budgets.wait, span).await
        };
        let state = store.data_mut();
        state.meter.end(rest);
        state.release_for_call();
        let result = result
            .map_err(|broken| state.broke(broken))?
            .map_err(|error| state.failed(error))?;
        check_ended(&*store).map_err(|broken| store.data().broke(broken))?;
        Ok(result)
    }
}

/// Checks the budgets that no import checks and only the end of a call does: what connections share, the lines that it has
/// logged, and the host's work for it, which a tick may have missed.
pub(crate) fn check_ended<'a>(
    store: impl Into<StoreContext<'a, InstanceState>>,
) -> Result<(), Budget> {
    let store = store.into();
    let state = store.data();
    state.check_shared()?;
    if state.host_fuel() > 0 && Usage::of(store).fuel > Some(state.engine.budgets.fuel) {
        return Err(Budget::Fuel);
    }
    Ok(())
}
