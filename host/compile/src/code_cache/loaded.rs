//! Code loaded from an entry of the cache: counted, and checked against the budgets.

use crate::budget::{Budget, Budgets};
use crate::cache::entry::Entry;
use crate::cache::name::Kind;
use crate::error::CompileError;
use crate::facts::{Facts, Scanned};
use crate::total_memory::{CountedComponent, TotalMemory};

/// The code of one component.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) facts: Facts,
    pub(super) component: CountedComponent,
    /// Its module alone, where the component is called directly.
    pub(super) module: Option<wasmtime::Module>,
}

impl Loaded {
    /// Loads the code of an entry into this engine.
    pub(super) fn read(
        entry: &Entry,
        kind: Kind,
        engine: &wasmtime::Engine,
        budgets: &Budgets,
        total_memory: &TotalMemory,
    ) -> Result<Self, CompileError> {
        let facts = entry.facts.clone();
        match kind {
            Kind::Plugin | Kind::Snapshot => check_size(&facts.scan, budgets)?,
            // Interpreters are eco's own. Their need of memory is checked when a script is loaded.
            Kind::Interpreter => {}
        }
        let component = entry.component(engine).map_err(CompileError::Internal)?;
        let module = entry.module(engine).map_err(CompileError::Internal)?;
        let counted = total_memory.count(component, module.as_ref());
        let component = counted.map_err(|(budget, code)| {
            let code = bytesize::ByteSize(code as u64);
            CompileError::budget(
                budget,
                budgets,
                format!("What it is compiled to takes {code}."),
            )
        })?;
        Ok(Self {
            facts,
            component,
            module,
        })
    }
}

/// Checks the declared sizes of a plugin against the budgets, before it is started.
fn check_size(scan: &Scanned, budgets: &Budgets) -> Result<(), CompileError> {
    if scan.memory > budgets.memory as u64 {
        let found = format!("It declares a memory of {} bytes.", scan.memory);
        return Err(CompileError::budget(Budget::Memory, budgets, found));
    }
    if scan.table > budgets.table as u64 {
        let found = format!("It declares or fills a table of {} elements.", scan.table);
        return Err(CompileError::budget(Budget::Table, budgets, found));
    }
    Ok(())
}
