//! What connections keep for each other: `wit/store.wit`.

use crate::abi::{Page, StoreProblem};
use crate::engine::World;
use crate::instance::state::State;
use eco_state::{Participant, Problem};
use std::time::Duration;
use wasmtime::component::{Linker, LinkerInstance};
use wasmtime::{AsContextMut as _, StoreContextMut};

pub(super) const INTERFACE: &str = "eco:plugin/store@0.1.0";

/// Keys of one page. Each is copied into the plugin.
/// Test: `state::a_store_is_shared_by_all_connections_and_what_is_in_it_outlives_them`.
const PAGE: usize = 1000;

type Store<'a> = StoreContextMut<'a, State>;

/// Does something with the store that takes as long as so many bytes do.
fn ask<T>(
    mut store: Store<'_>,
    bytes: usize,
    work: impl FnOnce(&mut Participant) -> Result<T, Problem>,
) -> (Result<T, StoreProblem>,) {
    let state = store.data_mut();
    state.count_bytes(bytes);
    let shared = &mut state.imports.shared;
    let result = shared.ask(|participant, _| work(participant));
    (result.map_err(StoreProblem::from),)
}

/// Defines its functions.
pub(super) fn link(linker: &mut Linker<State>, _: World) -> wasmtime::Result<()> {
    let mut functions = linker.instance(INTERFACE)?;
    link_values(&mut functions)?;
    functions.func_wrap("add", |store: Store<'_>, (key, delta): (String, i64)| {
        Ok(ask(store, key.len(), |part| part.add(&key, delta)))
    })?;
    functions.func_wrap("delete", |store: Store<'_>, (key,): (String,)| {
        Ok(ask(store, key.len(), |part| part.delete(&key)))
    })?;
    functions.func_wrap(
        "keys",
        |mut store: Store<'_>, (prefix, more, limit): (String, Option<String>, u32)| {
            let limit = usize::try_from(limit).unwrap_or(PAGE).min(PAGE);
            store.data_mut().count_host_calls(limit as u64);
            let (page,) = ask(store, prefix.len(), |part| {
                part.keys(&prefix, more.as_deref(), limit)
            });
            Ok((page.map(Page::from),))
        },
    )
}

fn link_values(functions: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    functions.func_wrap("get", |mut store: Store<'_>, (key,): (String,)| {
        let (value,) = ask(store.as_context_mut(), key.len(), |part| part.get(&key));
        let length = value
            .as_ref()
            .ok()
            .and_then(Option::as_ref)
            .map_or(0, Vec::len);
        store.data_mut().count_bytes(length);
        Ok((value,))
    })?;
    functions.func_wrap(
        "set",
        |store: Store<'_>, (key, value, time_to_live): (String, Vec<u8>, Option<u64>)| {
            let time_to_live = time_to_live.map(Duration::from_millis);
            Ok(ask(store, key.len() + value.len(), |part| {
                part.set(&key, &value, time_to_live)
            }))
        },
    )?;
    type CompareAndSet = (String, Option<Vec<u8>>, Option<Vec<u8>>);
    functions.func_wrap(
        "compare-and-set",
        |store: Store<'_>, (key, expected, new): CompareAndSet| {
            let lengths = [&expected, &new].map(|value| value.as_ref().map_or(0, Vec::len));
            let bytes = key.len() + lengths.iter().sum::<usize>();
            Ok(ask(store, bytes, |part| {
                part.compare_and_set(&key, expected.as_deref(), new.as_deref())
            }))
        },
    )
}
