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
mod memory;
mod module;
mod poll;
mod transfer;

use crate::error::LoadError;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use crate::loaded::Import;
use module::MODULE;
use wasmtime::{Caller, InstancePre, Linker, Module};
use wasmtime_wasi::I32Exit;

/// Functions that do something. `absent` has the others.
const PRESENT: [&str; 19] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_filestat_get",
    "fd_prestat_get",
    "fd_read",
    "fd_seek",
    "fd_tell",
    "fd_write",
    "poll_oneoff",
    "proc_exit",
    "random_get",
    "sched_yield",
];

/// Whether a program may import this.
fn is_offered(module: &str, name: &str) -> bool {
    module == MODULE && (PRESENT.contains(&name) || absent::is_absent(name))
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
    arguments::define(linker)?;
    clocks::define(linker)?;
    descriptors::define(linker)?;
    poll::define(linker)?;
    transfer::define(linker)?;
    linker.func_wrap(
        MODULE,
        "proc_exit",
        |mut caller: Caller<'_, InstanceState>, code: i32| {
            caller.data_mut().count_host_call();
            Err::<(), _>(I32Exit(code).into())
        },
    )?;
    linker.func_wrap(
        MODULE,
        "sched_yield",
        |mut caller: Caller<'_, InstanceState>| {
            caller.data_mut().count_host_call();
            0
        },
    )?;
    Ok(())
}
