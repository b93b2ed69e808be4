//! Waiting for several things of WASI at once, at a price for each.
//!
//! wasmtime-wasi takes a list of any length, and the host works on all of it in one piece.

use super::wasi::WASI_OBJECTS;
use crate::instance::state::State;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime_wasi::WasiView as _;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::io::poll::Host as _;

/// The interface, as wasmtime-wasi names it.
/// Test: `bounds::a_plugin_that_polls_thousands_of_handles_at_once_is_cut`.
const POLL: &str = "wasi:io/poll@0.2.12";

/// Takes the place of wasmtime-wasi's `poll`: each handle costs what a call costs, and there may be no
/// more of them than there can be objects.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.instance(POLL)?.func_wrap_async(
        "poll",
        |mut store: StoreContextMut<'_, State>, (handles,): (WasmList<Resource<DynPollable>>,)| {
            Box::new(async move {
                let state = store.data_mut();
                state.count_host_calls(handles.len() as u64);
                // Before any of them is looked up.
                if handles.len() > WASI_OBJECTS {
                    return Err(wasmtime::format_err!(
                        "it polls {} handles at once (at most {WASI_OBJECTS})",
                        handles.len()
                    ));
                }
                let handles = handles.iter(&mut store)?.collect::<wasmtime::Result<_>>()?;
                Ok((store.data_mut().ctx().table.poll(handles).await?,))
            })
        },
    )
}
