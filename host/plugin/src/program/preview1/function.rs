//! A function that programs import.

use crate::instance::state::InstanceState;
use wasmtime::{IntoFunc, Linker};

/// The name by which programs import WASI preview 1
/// (<https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>).
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// A function by its name, and what defines it under a name.
pub(super) type Function = (
    &'static str,
    fn(&mut Linker<InstanceState>, &str) -> wasmtime::Result<()>,
);

/// Defines a function that waits for nothing.
pub(super) fn define<P, R>(
    linker: &mut Linker<InstanceState>,
    name: &str,
    function: impl IntoFunc<InstanceState, P, R>,
) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, name, function)?;
    Ok(())
}
