//! Arguments that a plugin passes to a host function. The host checks their length where they lie in the plugin's
//! memory, and copies only arguments within their limits.

use super::host_calls::HostCalls;
use eco_state::{Limit, Problem};
use wasmtime::StoreContextMut;
use wasmtime::component::{WasmList, WasmStr};

/// Copies a text. Invalid UTF-8 traps, as for any string of a component. wasmtime tells the length only after it has
/// read the whole text, which takes no longer than the plugin needs to fill its memory.
pub(super) fn text<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    text: &WasmStr,
    limit: Limit,
) -> wasmtime::Result<Result<String, Problem>> {
    let text = text.to_str(&*store)?;
    let length = text.len();
    let admitted = store.data().admit(limit, length);
    let taken = admitted.map(|()| text.into_owned());
    store.data_mut().count_bytes(length);
    Ok(taken)
}

/// Copies an optional text.
pub(super) fn some_text<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    some: Option<&WasmStr>,
    limit: Limit,
) -> wasmtime::Result<Result<Option<String>, Problem>> {
    Ok(match some {
        Some(given) => text(store, given, limit)?.map(Some),
        None => Ok(None),
    })
}

/// Copies bytes.
pub(super) fn bytes<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    bytes: &WasmList<u8>,
    limit: Limit,
) -> Result<Vec<u8>, Problem> {
    store.data().admit(limit, bytes.len())?;
    store.data_mut().count_bytes(bytes.len());
    Ok(bytes.as_le_slice(&*store).to_vec())
}

/// Copies optional bytes.
pub(super) fn some_bytes<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    some: Option<&WasmList<u8>>,
    limit: Limit,
) -> Result<Option<Vec<u8>>, Problem> {
    some.map(|given| bytes(store, given, limit)).transpose()
}
