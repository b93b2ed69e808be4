//! The bytes that the host holds for an instance, with those of its memories and tables.
//!
//! It owns their sums. Who adds to them checks what all instances have.

use crate::figures::EngineFigures;
use crate::imports::poll::{WASI_OBJECT, WASI_OBJECTS};
use eco_compile::{Budgets, InUse};

/// Handles that one instance may hold at once, to WASI objects and to resources of its own. One more
/// traps. Test: `hostile_plugins::memory::a_plugin_that_hoards_handles_is_cut`.
pub(super) const HANDLES: usize = 1024;
/// Approximate bytes of the host for a handle.
const HANDLE: usize = 32;

/// The bytes of an instance. They are released when it is dropped.
pub(super) struct HeldBytes {
    /// Counts those of this instance and of others.
    in_use: InUse,
    /// Has those that are held until the instance ends.
    figures: EngineFigures,
    /// All of this instance.
    all: usize,
    /// Those that are held until it ends.
    lasting: usize,
    /// Those for the running call's messages and unsubscriptions.
    pending: usize,
    /// Those that are held until the running call ends.
    for_call: usize,
    /// Those of that for the last result of a function of the embedder's.
    for_result: usize,
}

impl HeldBytes {
    pub(super) fn new(in_use: InUse, figures: &EngineFigures) -> Self {
        Self {
            in_use,
            figures: figures.clone(),
            all: 0,
            lasting: 0,
            pending: 0,
            for_call: 0,
            for_result: 0,
        }
    }

    /// Adds bytes that are held until the instance ends. Returns what all instances have.
    pub(super) fn add(&mut self, bytes: usize) -> usize {
        self.lasting += bytes;
        self.figures.add_memory(bytes);
        self.count(bytes)
    }

    /// Adds bytes that are held until the running call ends. Returns what all instances have.
    pub(super) fn add_for_call(&mut self, bytes: usize) -> usize {
        self.for_call += bytes;
        self.count(bytes)
    }

    /// Adds those of a function's result, and releases those of the last one. Returns what all instances have.
    pub(super) fn add_result(&mut self, bytes: usize) -> usize {
        let before = std::mem::replace(&mut self.for_result, bytes);
        self.release_from_call(before);
        self.add_for_call(bytes)
    }

    /// Sets those of the running call's messages. Returns what all instances have, if they are more than before.
    pub(super) fn set_pending(&mut self, bytes: usize) -> Option<usize> {
        let before = std::mem::replace(&mut self.pending, bytes);
        if bytes > before {
            return Some(self.count(bytes - before));
        }
        self.release(before - bytes);
        None
    }

    /// Releases some of the running call's.
    pub(super) fn release_from_call(&mut self, bytes: usize) {
        // What is not there any more was released with the call.
        let bytes = bytes.min(self.for_call);
        self.for_call -= bytes;
        self.release(bytes);
    }

    /// Releases those of the running call, at its end.
    pub(super) fn release_for_call(&mut self) {
        self.for_result = 0;
        let bytes = std::mem::take(&mut self.for_call);
        if bytes > 0 {
            self.release(bytes);
        }
    }

    /// Releases those of the running call's messages.
    pub(super) fn release_pending(&mut self) {
        let bytes = std::mem::take(&mut self.pending);
        self.release(bytes);
    }

    fn count(&mut self, bytes: usize) -> usize {
        self.all += bytes;
        self.in_use.add(bytes)
    }

    fn release(&mut self, bytes: usize) {
        self.in_use.subtract(bytes);
        self.all -= bytes;
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.in_use.subtract(self.all);
        self.figures.subtract_memory(self.lasting);
    }
}

/// Bytes that the host may hold for an instance beside its memory and its tables. `own` is the share of the
/// instance's parts. The stack counts as a whole, since nothing tells how much of it was touched.
pub(crate) fn most_held(budgets: &Budgets, own: u64) -> usize {
    let own = usize::try_from(own).unwrap_or(usize::MAX);
    let objects = WASI_OBJECTS * WASI_OBJECT + HANDLES * HANDLE;
    budgets.stack.saturating_add(objects).saturating_add(own)
}
