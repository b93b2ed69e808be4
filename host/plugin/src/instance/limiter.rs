//! Limits of one instance. Memories and tables are checked against the budgets as they grow.

use super::state::InstanceState;
use eco_compile::{Budget, PARTS};
use wasmtime::ResourceLimiter;

/// Bytes of a table's element.
const ELEMENT: usize = size_of::<usize>();

/// Sorts a failure to grow within the budgets. A plugin handles the maximum of its own type itself. Lack of system
/// memory stays an error: plugin and judge would mistake it for the plugin's fault.
fn grow_failed(error: wasmtime::Error) -> wasmtime::Result<()> {
    if crate::error::is_message(&error) {
        Ok(())
    } else {
        Err(error)
    }
}

/// A broken limit traps, and does not fail `memory.grow`: interpreters of scripts would turn a failure into an error
/// of their own, which names neither budget nor flag.
impl ResourceLimiter for InstanceState {
    /// The limit equals the pool's, so that all engines agree.
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
