//! The store of keys and values that connections share: `wit/store.wit`.

use super::arguments::{bytes, some_bytes, some_text, text};
use super::host_calls::HostCalls;
use super::import::{Import, Importer, Setup};
use crate::laboratory::World;
use crate::participation::Participation;
use eco_state::{Limit, Problem};
use std::time::Duration;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, LinkerInstance, Lower, WasmList, WasmStr};

/// The most keys of one page, since the host copies each into the plugin. A request for more gets as many.
/// Test: `state::store::a_store_is_shared_by_all_connections_and_what_is_in_it_outlives_them`.
const PAGE: usize = 1000;

/// `problem` of `wit/store.wit`.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(crate) enum StoreProblem {
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "too-large")]
    TooLarge,
    #[component(name = "too-many")]
    TooMany,
    #[component(name = "not-a-number")]
    NotANumber,
}

impl From<Problem> for StoreProblem {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unavailable(lack) => Self::Unavailable(lack.to_string()),
            Problem::TooLarge(_) => Self::TooLarge,
            Problem::TooMany(_) => Self::TooMany,
            Problem::NotANumber => Self::NotANumber,
            _ => Self::Unavailable(problem.to_string()),
        }
    }
}

/// `page` of `wit/store.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Page {
    keys: Vec<String>,
    more: Option<String>,
}

impl From<eco_state::Page> for Page {
    fn from(page: eco_state::Page) -> Self {
        Self {
            keys: page.keys,
            more: page.more,
        }
    }
}

/// Counts a host call, and returns the connection's participation.
fn share<T: HostCalls>(state: &mut T) -> &mut Participation {
    state.count_host_call();
    state.participation()
}

/// Converts the result of a function, after checks of the laboratory's memory and of limits.
fn answer<T: HostCalls, V>(
    state: &mut T,
    result: Result<V, Problem>,
) -> wasmtime::Result<(Result<V, StoreProblem>,)> {
    state.check_shared()?;
    let noted = state.participation().note(result);
    Ok((noted.map_err(StoreProblem::from),))
}

/// The import `store`.
pub(crate) struct Store;

impl Import for Store {
    const NAME: &str = "eco:plugin/store@0.1.0";
    const TO: Importer = Importer::Server;
    type State = ();

    fn state(_: &Setup<'_>) {}

    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        _: fn(&mut T) -> &mut (),
        _: World,
    ) -> wasmtime::Result<()> {
        let mut functions = linker.instance(Self::NAME)?;
        link_values(&mut functions)?;
        link_keys(&mut functions)
    }
}

fn link_keys<T: HostCalls>(functions: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    functions.func_wrap_async(
        "add",
        |mut store: StoreContextMut<'_, T>, (key, delta): (WasmStr, i64)| {
            Box::new(async move {
                let key = text(&mut store, &key, Limit::Key)?;
                let priority = store.data().priority();
                let shared = share(store.data_mut());
                let sum = priority
                    .run(async { shared.participant()?.store().add(&key?, delta).await })
                    .await;
                answer(store.data_mut(), sum)
            })
        },
    )?;
    functions.func_wrap_async(
        "delete",
        |mut store: StoreContextMut<'_, T>, (key,): (WasmStr,)| {
            Box::new(async move {
                let key = text(&mut store, &key, Limit::Key)?;
                let priority = store.data().priority();
                let shared = share(store.data_mut());
                let deleted = priority
                    .run(async { shared.participant()?.store().delete(&key?).await })
                    .await;
                answer(store.data_mut(), deleted)
            })
        },
    )?;
    functions.func_wrap_async(
        "keys",
        |mut store: StoreContextMut<'_, T>,
         (prefix, more, limit): (WasmStr, Option<WasmStr>, u32)| {
            Box::new(async move {
                let limit = usize::try_from(limit).unwrap_or(PAGE).min(PAGE);
                let prefix = text(&mut store, &prefix, Limit::Key)?;
                let more = some_text(&mut store, more.as_ref(), Limit::Key)?;
                let state = store.data_mut();
                state.count_host_calls(limit as u64);
                let priority = state.priority();
                let shared = share(state);
                let page = async {
                    let participant = shared.participant()?;
                    participant
                        .store()
                        .keys(&prefix?, more?.as_deref(), limit)
                        .await
                };
                let page = priority.run(page).await.map(Page::from);
                answer(store.data_mut(), page)
            })
        },
    )
}

fn link_values<T: HostCalls>(functions: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    functions.func_wrap_async(
        "get",
        |mut store: StoreContextMut<'_, T>, (key,): (WasmStr,)| {
            Box::new(async move {
                let key = text(&mut store, &key, Limit::Key)?;
                let priority = store.data().priority();
                let shared = share(store.data_mut());
                let value = priority
                    .run(async { shared.participant()?.store().get(&key?).await })
                    .await;
                let found = answer(store.data_mut(), value)?;
                let value = found.0.as_ref().ok().and_then(Option::as_ref);
                store
                    .data_mut()
                    .count_bytes(value.map_or(0, |value| value.len()));
                Ok(found)
            })
        },
    )?;
    functions.func_wrap_async(
        "set",
        |mut store: StoreContextMut<'_, T>,
         (key, value, ttl): (WasmStr, WasmList<u8>, Option<u64>)| {
            Box::new(async move {
                let ttl = ttl.map(Duration::from_millis);
                let key = text(&mut store, &key, Limit::Key)?;
                let value = bytes(&mut store, &value, Limit::Value);
                let priority = store.data().priority();
                let shared = share(store.data_mut());
                let set = priority
                    .run(async { shared.participant()?.store().set(&key?, &value?, ttl).await })
                    .await;
                answer(store.data_mut(), set)
            })
        },
    )?;
    type CompareAndSet = (WasmStr, Option<WasmList<u8>>, Option<WasmList<u8>>);
    functions.func_wrap_async(
        "compare-and-set",
        |mut store: StoreContextMut<'_, T>, (key, expected, new): CompareAndSet| {
            Box::new(async move {
                let key = text(&mut store, &key, Limit::Key)?;
                let expected = some_bytes(&mut store, expected.as_ref(), Limit::Value);
                let new = some_bytes(&mut store, new.as_ref(), Limit::Value);
                let priority = store.data().priority();
                let shared = share(store.data_mut());
                let done = async {
                    let participant = shared.participant()?;
                    participant
                        .store()
                        .compare_and_set(&key?, expected?.as_deref(), new?.as_deref())
                        .await
                };
                let done = priority.run(done).await;
                answer(store.data_mut(), done)
            })
        },
    )
}
