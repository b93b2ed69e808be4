//! The arguments and the environment.

use super::errno::{Failure, returned};
use super::{MODULE, memory};
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use wasmtime::{Caller, Linker};

type Context<'a, 'b> = &'a mut Caller<'b, InstanceState>;

pub(super) fn define(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    linker.func_wrap(
        MODULE,
        "args_sizes_get",
        |mut caller: Caller<'_, InstanceState>, count: u32, size: u32| {
            let texts = arguments(caller.data());
            returned(put_sizes(&mut caller, &texts, count, size))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "args_get",
        |mut caller: Caller<'_, InstanceState>, list: u32, at: u32| {
            let texts = arguments(caller.data());
            returned(put_texts(&mut caller, &texts, list, at))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "environ_sizes_get",
        |mut caller: Caller<'_, InstanceState>, count: u32, size: u32| {
            let texts = environment(caller.data());
            returned(put_sizes(&mut caller, &texts, count, size))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "environ_get",
        |mut caller: Caller<'_, InstanceState>, list: u32, at: u32| {
            let texts = environment(caller.data());
            returned(put_texts(&mut caller, &texts, list, at))
        },
    )?;
    Ok(())
}

fn arguments(state: &InstanceState) -> Vec<String> {
    let stdio = state.imports.wasi.stdio();
    stdio.map_or(Vec::new(), |stdio| stdio.arguments.to_vec())
}

fn environment(state: &InstanceState) -> Vec<String> {
    let stdio = state.imports.wasi.stdio();
    let variables = stdio.into_iter().flat_map(|stdio| stdio.environment.iter());
    variables
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// Writes the number of texts, and the bytes of all, each with a zero at its end.
fn put_sizes(
    caller: Context<'_, '_>,
    texts: &[String],
    count: u32,
    size: u32,
) -> Result<(), Failure> {
    caller.data_mut().count_host_call();
    let bytes: usize = texts.iter().map(|text| text.len() + 1).sum();
    let memory = memory::of(caller)?.data_mut(caller);
    memory::put(memory, count, &(texts.len() as u32).to_le_bytes())?;
    memory::put(memory, size, &(bytes as u32).to_le_bytes())?;
    Ok(())
}

/// Writes the texts one after the other, and a list of their addresses.
fn put_texts(caller: Context<'_, '_>, texts: &[String], list: u32, at: u32) -> Result<(), Failure> {
    caller.data_mut().count_host_call();
    let bytes: usize = texts.iter().map(|text| text.len() + 1).sum();
    caller.data_mut().count_bytes(bytes);
    let memory = memory::of(caller)?.data_mut(caller);
    let (mut list, mut at) = (list, at);
    for text in texts {
        memory::put(memory, list, &at.to_le_bytes())?;
        memory::put(memory, at, text.as_bytes())?;
        at = memory::after(at, text.len() as u32)?;
        memory::put(memory, at, &[0])?;
        at = memory::after(at, 1)?;
        list = memory::after(list, 4)?;
    }
    Ok(())
}
