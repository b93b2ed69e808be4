//! Memory and tables of one instance, held against the budgets as they grow.

use super::state::InstanceState;
use eco_compile::{Budget, PARTS};
use wasmtime::ResourceLimiter;

/// Bytes that an element of a table takes.
const ELEMENT: usize = size_of::<usize>();

/// Within the budgets, it could not grow. That it may not by its own type is the plugin's to handle. That the system
/// has no memory left is not: the plugin would take it for its own mistake, and so would whoever judges it.
fn grow_failed(error: wasmtime::Error) -> wasmtime::Result<()> {
    if crate::error::is_message(&error) {
        Ok(())
    } else {
        Err(error)
    }
}

/// A limit that is broken is a trap, not a failed `memory.grow`: the interpreters that plugins are
/// written in would turn that into an error of their own, which names neither budget nor flag.
impl ResourceLimiter for InstanceState {
    /// As many as a pool has room for, so that all engines agree.
    fn instances(&self) -> usize {
        PARTS as usize
    }

    fn memories(&self) -> usize {
        PARTS as usize
    }

    fn tables(&self) -> usize {
        PARTS as usize
    }

    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        if self.memory.saturating_add(more) > self.most_memory {
            return Err(Budget::Memory.into());
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory += more;
        self.hold(more)?;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let table = self.table.saturating_add(more);
        if table > self.engine.budgets.table {
            return Err(Budget::Table.into());
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.table = table;
        self.hold(more.saturating_mul(ELEMENT))?;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        grow_failed(error)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        grow_failed(error)
    }
}
