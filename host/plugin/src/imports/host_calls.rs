//! The interface of an instance towards the host functions that it calls.
//!
//! It owns the price of a call. Imports use instances through this interface alone.

use crate::cpu::call_state::CallState;
use crate::cpu::priority::Priority;
use crate::laboratory::HOST_CALL;
use crate::participation::Participation;
use eco_compile::Budget;
use eco_state::{Limit, Problem};
use std::sync::Arc;
use wasmtime::{StoreContext, StoreContextMut};
use wasmtime_wasi::WasiView;

/// Bytes that the host can process in the time of one call.
const BYTES: usize = 4096;
/// Values that the host can read in the time of one call, where it reads each on its own: items of lists, and parts of a
/// script's values. Test: `host_imports::hostile::time::items_that_are_read_one_by_one_have_their_price`.
const ITEMS: usize = 32;

/// The state of an instance, as the functions that it imports see it.
pub(crate) trait HostCalls: WasiView + Send + 'static {
    /// Counts so many host calls, or one that takes as long. In a laboratory they cost fuel.
    fn count_host_calls(&mut self, calls: u64);

    /// Counts one host call.
    fn count_host_call(&mut self) {
        self.count_host_calls(1);
    }

    /// Counts the host's work on so many bytes, beside the call itself.
    fn count_bytes(&mut self, bytes: usize) {
        self.count_host_calls((bytes / BYTES) as u64);
    }

    /// Counts the host's work on so many values that it reads one by one, beside the call itself.
    fn count_items(&mut self, items: usize) {
        self.count_host_calls((items / ITEMS) as u64);
    }

    /// Counts bytes that the host holds for the running call.
    ///
    /// # Errors
    /// They are beyond the budget.
    fn hold_for_call(&mut self, bytes: usize) -> Result<(), Budget>;

    /// Releases bytes that were held for the running call, before its end.
    fn release_from_call(&mut self, bytes: usize);

    /// Counts bytes of a function's result, which the host holds while it copies them into the plugin. Nothing tells when
    /// that is over. So they count until the next result, or until the running call ends.
    ///
    /// # Errors
    /// They are beyond the budget.
    fn hold_result(&mut self, bytes: usize) -> Result<(), Budget>;

    /// Counts fuel for work of the embedder's, where the engine counts fuel. `left` is in instructions.
    ///
    /// # Errors
    /// It is beyond the budget.
    fn spend_fuel(&mut self, fuel: u64, left: Option<u64>) -> Result<(), Budget>;

    /// Counts the rest of the running call's time exactly, before work of the embedder's that may take any time.
    fn count_time_exactly(&mut self);

    /// Checks the time of the running call, after work of the embedder's.
    ///
    /// # Errors
    /// Its deadline is over, or its processor time is used up.
    fn check_time(&self) -> Result<(), Budget>;

    /// Counts the running call's messages and unsubscriptions, which the host holds until the call returns.
    ///
    /// # Errors
    /// They are beyond the budget.
    fn count_pending(&mut self) -> Result<(), Budget>;

    /// Checks the shared state and the log of a laboratory, after a call that may have enlarged them.
    ///
    /// # Errors
    /// They are beyond the budget.
    fn check_shared(&self) -> Result<(), Budget>;

    /// The priority at which the running call works on shared resources.
    fn priority(&self) -> Priority;

    /// The state of the running call.
    fn call_state(&self) -> Arc<CallState>;

    /// The connection's participation in the shared state, with its timer.
    fn participation(&mut self) -> &mut Participation;

    /// Checks so many bytes against a limit of the shared state.
    ///
    /// # Errors
    /// They are beyond the limit, or nothing is shared.
    fn admit(&self, limit: Limit, bytes: usize) -> Result<(), Problem>;

    /// Whether its code counts fuel.
    fn counts_fuel(&self) -> bool;

    /// Whether the running call of a script has used up its time, or all but the last of its fuel. `left` is in
    /// instructions.
    fn is_spent(&mut self, left: Option<u64>) -> bool;
}

/// The instructions that an instance has left. `None` where none is counted: wasmtime's own answer would be an
/// error, which costs a backtrace.
pub(crate) fn instructions_left<'a, T: HostCalls>(
    store: impl Into<StoreContext<'a, T>>,
) -> Option<u64> {
    let store = store.into();
    let counts = store.data().counts_fuel();
    counts.then(|| store.get_fuel().ok()).flatten()
}

/// The fuel for the host's work on so many bytes, and on so many values that it reads one by one.
pub(crate) fn fuel_of(bytes: usize, items: usize) -> u64 {
    HOST_CALL.saturating_mul((bytes / BYTES + items / ITEMS) as u64)
}

/// Charges the running call for work of the embedder's.
pub(crate) fn charge<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    fuel: u64,
) -> Result<(), Budget> {
    let left = instructions_left(&*store);
    store.data_mut().spend_fuel(fuel, left)
}
