//! Code loaded from an entry of the cache: counted, and checked against the budgets.

use crate::budget::{Budget, Budgets};
use crate::cache::entry::{Either, Entry};
use crate::cache::name::Kind;
use crate::error::CompileError;
use crate::facts::{Facts, Scanned};
use crate::total_memory::{Code, CountedComponent, TotalMemory};

/// The code of one component, or of one program.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) facts: Facts,
    pub(super) code: Code,
    /// The module of a component alone, where the component is called directly.
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
        let code = entry.code(engine).map_err(CompileError::Internal)?;
        let module = entry.module(engine).map_err(CompileError::Internal)?;
        let of_module = module.as_ref().map(wasmtime::Module::image_range);
        let counted = match code {
            Either::Component(component) => {
                let images = [component.image_range()].into_iter().chain(of_module);
                total_memory.count(component, images).map(Code::Component)
            }
            Either::Module(program) => {
                let image = program.image_range();
                total_memory.count(program, [image]).map(Code::Module)
            }
        };
        let code = counted.map_err(|(budget, code)| {
            let code = bytesize::ByteSize(code as u64);
            CompileError::budget(
                budget,
                budgets,
                format!("What it is compiled to takes {code}."),
            )
        })?;
        Ok(Self {
            facts,
            code,
            module,
        })
    }

    /// Its component. What eco compiles of its own is one.
    pub(super) fn component(self) -> Result<CountedComponent, CompileError> {
        match self.code {
            Code::Component(component) => Ok(component),
            Code::Module(_) => Err(CompileError::Internal(wasmtime::Error::msg(
                "the code is that of a module",
            ))),
        }
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
