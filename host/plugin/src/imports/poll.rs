//! WASI's `poll`, with a price for each handle.
//!
//! wasmtime-wasi accepts a list of any length, and the host works through all of it without a pause.

use super::host_calls::HostCalls;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::io::poll::Host as _;

/// WASI objects (streams, pollables and their like) that one instance may hold at once. One more
/// traps. Test: `hostile_plugins::wasi::a_plugin_that_hoards_wasi_objects_is_cut`.
pub(crate) const WASI_OBJECTS: usize = 256;
/// Approximate bytes of the host for a WASI object.
pub(crate) const WASI_OBJECT: usize = 256;
/// The interface, as wasmtime-wasi names it.
/// Test: `hostile_plugins::uncounted_work::a_plugin_that_polls_thousands_of_handles_at_once_is_cut`.
pub(crate) const POLL: &str = "wasi:io/poll@0.2.12";

/// Replaces wasmtime-wasi's `poll`. Each handle costs as much as a host call, and a list of more handles than objects
/// may exist traps.
pub(super) fn link<T: HostCalls>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.instance(POLL)?.func_wrap_async(
        "poll",
        |mut store: StoreContextMut<'_, T>, (handles,): (WasmList<Resource<DynPollable>>,)| {
            Box::new(async move {
                let handles = read(&mut store, &handles)?;
                Ok((store.data_mut().ctx().table.poll(handles).await?,))
            })
        },
    )
}

/// Reads the list that a `poll` is given, at its price.
pub(crate) fn read<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    handles: &WasmList<Resource<DynPollable>>,
) -> wasmtime::Result<Vec<Resource<DynPollable>>> {
    let state = store.data_mut();
    state.count_host_calls(handles.len() as u64);
    // The check comes before any handle is looked up.
    if handles.len() > WASI_OBJECTS {
        return Err(wasmtime::format_err!(
            "it polls {} handles at once (at most {WASI_OBJECTS})",
            handles.len()
        ));
    }
    handles.iter(store)?.collect()
}
