//! What connections keep for each other: `wit/store.wit`.

use super::shared::Shared;
use super::taken::{bytes, some_bytes, some_text, text};
use crate::abi::{Page, StoreProblem};
use crate::engine::World;
use crate::instance::state::State;
use eco_state::{Limit, Problem};
use std::time::Duration;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, LinkerInstance, WasmList, WasmStr};

pub(super) const INTERFACE: &str = "eco:plugin/store@0.1.0";

/// Keys of one page. Each is copied into the plugin.
/// Test: `state::a_store_is_shared_by_all_connections_and_what_is_in_it_outlives_them`.
const PAGE: usize = 1000;

type Store<'a> = StoreContextMut<'a, State>;

impl State {
    /// What the instance shares, for a call.
    fn share(&mut self) -> &mut Shared {
        self.count_host_call();
        &mut self.imports.shared
    }
}

/// What a function returns.
fn answer<T>(
    state: &mut State,
    result: Result<T, Problem>,
) -> wasmtime::Result<(Result<T, StoreProblem>,)> {
    state.check_shared()?;
    let noted = state.imports.shared.note(result);
    Ok((noted.map_err(StoreProblem::from),))
}

/// Defines its functions.
pub(super) fn link(linker: &mut Linker<State>, _: World) -> wasmtime::Result<()> {
    let mut functions = linker.instance(INTERFACE)?;
    link_values(&mut functions)?;
    functions.func_wrap_async(
        "add",
        |mut store: Store<'_>, (key, delta): (WasmStr, i64)| {
            Box::new(async move {
                let key = text(&mut store, &key, Limit::Key)?;
                let priority = store.data().priority();
                let shared = store.data_mut().share();
                let sum = priority
                    .run(async { shared.participant()?.add(&key?, delta).await })
                    .await;
                answer(store.data_mut(), sum)
            })
        },
    )?;
    functions.func_wrap_async("delete", |mut store: Store<'_>, (key,): (WasmStr,)| {
        Box::new(async move {
            let key = text(&mut store, &key, Limit::Key)?;
            let priority = store.data().priority();
            let shared = store.data_mut().share();
            let deleted = priority
                .run(async { shared.participant()?.delete(&key?).await })
                .await;
            answer(store.data_mut(), deleted)
        })
    })?;
    functions.func_wrap_async(
        "keys",
        |mut store: Store<'_>, (prefix, more, limit): (WasmStr, Option<WasmStr>, u32)| {
            Box::new(async move {
                let limit = usize::try_from(limit).unwrap_or(PAGE).min(PAGE);
                let prefix = text(&mut store, &prefix, Limit::Key)?;
                let more = some_text(&mut store, more.as_ref(), Limit::Key)?;
                let state = store.data_mut();
                state.count_host_calls(limit as u64);
                let priority = state.priority();
                let shared = state.share();
                let page = async {
                    let participant = shared.participant()?;
                    participant.keys(&prefix?, more?.as_deref(), limit).await
                };
                let page = priority.run(page).await.map(Page::from);
                answer(store.data_mut(), page)
            })
        },
    )
}

fn link_values(functions: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    functions.func_wrap_async("get", |mut store: Store<'_>, (key,): (WasmStr,)| {
        Box::new(async move {
            let key = text(&mut store, &key, Limit::Key)?;
            let priority = store.data().priority();
            let shared = store.data_mut().share();
            let value = priority
                .run(async { shared.participant()?.get(&key?).await })
                .await;
            let found = answer(store.data_mut(), value)?;
            let value = found.0.as_ref().ok().and_then(Option::as_ref);
            store
                .data_mut()
                .count_bytes(value.map_or(0, |value| value.len()));
            Ok(found)
        })
    })?;
    functions.func_wrap_async(
        "set",
        |mut store: Store<'_>, (key, value, ttl): (WasmStr, WasmList<u8>, Option<u64>)| {
            Box::new(async move {
                let ttl = ttl.map(Duration::from_millis);
                let key = text(&mut store, &key, Limit::Key)?;
                let value = bytes(&mut store, &value, Limit::Value);
                let priority = store.data().priority();
                let shared = store.data_mut().share();
                let set = priority
                    .run(async { shared.participant()?.set(&key?, &value?, ttl).await })
                    .await;
                answer(store.data_mut(), set)
            })
        },
    )?;
    type CompareAndSet = (WasmStr, Option<WasmList<u8>>, Option<WasmList<u8>>);
    functions.func_wrap_async(
        "compare-and-set",
        |mut store: Store<'_>, (key, expected, new): CompareAndSet| {
            Box::new(async move {
                let key = text(&mut store, &key, Limit::Key)?;
                let expected = some_bytes(&mut store, expected.as_ref(), Limit::Value);
                let new = some_bytes(&mut store, new.as_ref(), Limit::Value);
                let priority = store.data().priority();
                let shared = store.data_mut().share();
                let done = async {
                    let participant = shared.participant()?;
                    participant
                        .compare_and_set(&key?, expected?.as_deref(), new?.as_deref())
                        .await
                };
                let done = priority.run(done).await;
                answer(store.data_mut(), done)
            })
        },
    )
}
