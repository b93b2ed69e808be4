//! What a plugin hands to a function of the host: looked at where it lies in the plugin's memory, and copied only if
//! it is no longer than it may be.
//!
//! It must not know what is done with it.

use crate::instance::state::State;
use eco_state::{Limit, Problem};
use wasmtime::StoreContextMut;
use wasmtime::component::{WasmList, WasmStr};

/// Bytes that are looked at, or worked on, in the time of a call.
const BYTES: usize = 4096;

/// A text. What isn't UTF-8 is a trap, as for any string of a component. wasmtime tells its length only when it has
/// looked at all of it, which takes no longer than for the plugin to fill its memory.
pub(super) fn text(
    store: &mut StoreContextMut<'_, State>,
    text: &WasmStr,
    limit: Limit,
) -> wasmtime::Result<Result<String, Problem>> {
    let text = text.to_str(&*store)?;
    let length = text.len();
    let admitted = store.data().imports.shared.admit(limit, length);
    let taken = admitted.map(|()| text.into_owned());
    store.data_mut().count_bytes(length);
    Ok(taken)
}

/// A text that may be missing.
pub(super) fn some_text(
    store: &mut StoreContextMut<'_, State>,
    some: Option<&WasmStr>,
    limit: Limit,
) -> wasmtime::Result<Result<Option<String>, Problem>> {
    Ok(match some {
        Some(given) => text(store, given, limit)?.map(Some),
        None => Ok(None),
    })
}

/// Bytes.
pub(super) fn bytes(
    store: &mut StoreContextMut<'_, State>,
    bytes: &WasmList<u8>,
    limit: Limit,
) -> Result<Vec<u8>, Problem> {
    store.data().imports.shared.admit(limit, bytes.len())?;
    store.data_mut().count_bytes(bytes.len());
    Ok(bytes.as_le_slice(&*store).to_vec())
}

/// Bytes that may be missing.
pub(super) fn some_bytes(
    store: &mut StoreContextMut<'_, State>,
    some: Option<&WasmList<u8>>,
    limit: Limit,
) -> Result<Option<Vec<u8>>, Problem> {
    some.map(|given| bytes(store, given, limit)).transpose()
}

impl State {
    /// The host works on so many bytes, beside the call itself.
    pub(super) fn count_bytes(&mut self, bytes: usize) {
        self.count_host_calls((bytes / BYTES) as u64);
    }
}
