//! WASI preview 1 for core modules, as far as a program has use for it that reads standard input and writes standard
//! output (<https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>).
//!
//! All functions of it can be imported. Those for files, sockets and signals answer that there are none. Every pointer
//! is a stranger's: `memory` checks it, and a wrong one is `EFAULT`.

mod absent;
mod arguments;
mod clocks;
mod descriptors;
mod errno;
mod function;
mod memory;
mod poll;
mod transfer;

use crate::error::LoadError;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use crate::loaded::Import;
use function::{Function, MODULE};
use wasmtime::{Caller, InstancePre, Linker, Module};
use wasmtime_wasi::I32Exit;

/// The functions that do something. `absent` has the others.
const PRESENT: [&[Function]; 6] = [
    arguments::FUNCTIONS,
    clocks::FUNCTIONS,
    descriptors::FUNCTIONS,
    poll::FUNCTIONS,
    transfer::FUNCTIONS,
    FUNCTIONS,
];

/// Whether a program may import this.
fn is_offered(module: &str, name: &str) -> bool {
    let mut present = PRESENT.into_iter().flatten();
    module == MODULE && (present.any(|(present, _)| *present == name) || absent::is_absent(name))
}

/// The modules that a core module imports from, and whether all that it imports is offered.
pub(crate) fn imported(module: &Module) -> Vec<Import> {
    let mut found: Vec<Import> = Vec::new();
    for import in module.imports() {
        let is_offered = is_offered(import.module(), import.name());
        match found.iter_mut().find(|known| known.name == import.module()) {
            Some(known) => known.granted &= is_offered,
            None => found.push(Import {
                name: import.module().to_owned(),
                granted: is_offered,
            }),
        }
    }
    found
}

/// Links a program to its imports.
///
/// # Errors
/// Something else is among them, or one has another type.
pub(super) fn link(module: &Module) -> Result<InstancePre<InstanceState>, LoadError> {
    let imports = module.imports();
    let refused = imports.filter(|import| !is_offered(import.module(), import.name()));
    let refused: Vec<String> = refused
        .map(|import| format!("{}.{}", import.module(), import.name()))
        .collect();
    if !refused.is_empty() {
        return Err(LoadError::ProgramImport { refused });
    }
    let mut linker = Linker::new(module.engine());
    define(&mut linker).map_err(LoadError::Internal)?;
    linker
        .instantiate_pre(module)
        .map_err(LoadError::ImportType)
}

fn define(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    absent::define(linker)?;
    let mut present = PRESENT.into_iter().flatten();
    present.try_for_each(|(name, define)| define(linker, name))
}

const FUNCTIONS: &[Function] = &[
    ("proc_exit", |linker, name| {
        let exit = |mut caller: Caller<'_, InstanceState>, code: i32| {
            caller.data_mut().count_host_call();
            Err::<(), _>(I32Exit(code).into())
        };
        function::define(linker, name, exit)
    }),
    ("sched_yield", |linker, name| {
        let yields = |mut caller: Caller<'_, InstanceState>| {
            caller.data_mut().count_host_call();
            0
        };
        function::define(linker, name, yields)
    }),
];
