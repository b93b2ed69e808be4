//! Reads an instance: its globals and its memories, through the exports that its component has for that.
//!
//! It only calls functions that read, and runs nothing of the script.

use crate::error::LoadError;
use crate::instance::Instance;
use eco_compile::{ACCESS, Global, Image, State};
use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{Component, ComponentExportIndex, WasmList};

/// The image of an instance that is in no call.
pub(super) async fn image(
    instance: &mut Instance,
    component: &Component,
    repeats_itself: bool,
) -> Result<Image, LoadError> {
    // A handle is a number in the instance. Its object is on the host's side.
    if !instance.store.data().imports.wasi.is_empty() {
        return Err(unfit(wasmtime::Error::msg("it holds handles of WASI")));
    }
    // The contents of memories are not copied on their way out, however long they are.
    instance.store.set_hostcall_fuel(usize::MAX);
    let mut state = State::default();
    let mut contents = Vec::new();
    for (name, function, result) in functions(component, instance) {
        let read = read(instance, &function, &result, &mut contents).await;
        match read.map_err(unfit)? {
            Read::Global(value) => state.globals.push((name, value)),
            Read::Memory(length) => state.memories.push((name, length)),
        }
    }
    Ok(Image {
        state,
        contents,
        repeats_itself,
    })
}

fn unfit(why: wasmtime::Error) -> LoadError {
    LoadError::Internal(why.context("its instance can't be read"))
}

enum Read {
    Global(Global),
    /// Number of bytes that were added to the contents.
    Memory(usize),
}

async fn read(
    instance: &mut Instance,
    function: &ComponentExportIndex,
    result: &Type,
    contents: &mut Vec<u8>,
) -> wasmtime::Result<Read> {
    let value = match result {
        Type::S32 => Global::I32(get(instance, function).await?),
        Type::S64 => Global::I64(get(instance, function).await?),
        Type::Float32 => Global::F32(get::<f32>(instance, function).await?.to_bits()),
        Type::Float64 => Global::F64(get::<f64>(instance, function).await?.to_bits()),
        _ => {
            let memory: WasmList<u8> = get(instance, function).await?;
            let bytes = memory.as_le_slice(&instance.store);
            contents.extend_from_slice(bytes);
            return Ok(Read::Memory(bytes.len()));
        }
    };
    Ok(Read::Global(value))
}

async fn get<T>(instance: &mut Instance, function: &ComponentExportIndex) -> wasmtime::Result<T>
where
    T: wasmtime::component::Lift + Send + Sync + 'static,
{
    let function = instance.function::<(), (T,)>(function)?;
    let mut entered = instance.enter()?;
    let (value,) = entered.call_for_any_length(function, ()).await?;
    entered.succeeds();
    Ok(value)
}

/// The functions that read, each with its name and the type of its result.
fn functions(
    component: &Component,
    instance: &Instance,
) -> Vec<(String, ComponentExportIndex, Type)> {
    let engine = instance.store.engine();
    let Some((access, reading)) = component
        .get_export(None, ACCESS)
        .and_then(|(item, index)| match item {
            ComponentItem::ComponentInstance(access) => Some((access, index)),
            _ => None,
        })
    else {
        return Vec::new();
    };
    let functions = access.exports(engine).filter_map(|(name, export)| {
        let ComponentItem::ComponentFunc(kind) = export.ty else {
            return None;
        };
        let function = component.get_export_index(Some(&reading), name)?;
        Some((name.to_owned(), function, kind.results().next()?))
    });
    functions.collect()
}
