//! What a function of the host may ask of the instance that calls it.
//!
//! It owns what a call costs. An import knows instances by this alone.

use crate::cpu::call_state::CallState;
use crate::cpu::priority::Priority;
use crate::participation::Participation;
use eco_compile::Budget;
use eco_state::{Limit, Problem};
use std::sync::Arc;
use wasmtime::StoreContext;
use wasmtime_wasi::WasiView;

/// Bytes that the host looks at, or works on, in the time of a call.
const BYTES: usize = 4096;

/// The state of an instance, as the functions that it imports see it.
pub(crate) trait HostCalls: WasiView + Send + 'static {
    /// As many calls, or one that takes as long. In a laboratory they cost fuel.
    fn count_host_calls(&mut self, calls: u64);

    /// A call.
    fn count_host_call(&mut self) {
        self.count_host_calls(1);
    }

    /// The host works on so many bytes, beside the call itself.
    fn count_bytes(&mut self, bytes: usize) {
        self.count_host_calls((bytes / BYTES) as u64);
    }

    /// Counts bytes that the host holds for the running call.
    ///
    /// # Errors
    /// They are beyond the budget.
    fn hold_for_call(&mut self, bytes: usize) -> Result<(), Budget>;

    /// Counts what the plugin has said in the running call, which the host holds until that returns.
    ///
    /// # Errors
    /// It is beyond the budget.
    fn count_pending(&mut self) -> Result<(), Budget>;

    /// Counts what a laboratory's connections share, and its log, after a call that may have had them grow.
    ///
    /// # Errors
    /// They are beyond the budget.
    fn check_shared(&self) -> Result<(), Budget>;

    /// The priority at which the running call works on what is shared.
    fn priority(&self) -> Priority;

    /// The running call.
    fn call_state(&self) -> Arc<CallState>;

    /// What the connection has to do with others, and its timer.
    fn participation(&mut self) -> &mut Participation;

    /// Whether something of so many bytes is within a limit of what connections share.
    ///
    /// # Errors
    /// It is not, or nothing is shared.
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
