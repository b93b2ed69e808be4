//! The arguments and the environment.

use super::errno::{Failure, returned};
use super::function::{Function, define};
use super::memory;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use crate::stdio::Stdio;
use wasmtime::{Caller, Linker};

/// Texts that a program is given.
type Texts = fn(&Stdio) -> Vec<String>;

pub(super) const FUNCTIONS: &[Function] = &[
    ("args_sizes_get", |linker, name| {
        define_sizes(linker, name, arguments)
    }),
    ("args_get", |linker, name| {
        define_texts(linker, name, arguments)
    }),
    ("environ_sizes_get", |linker, name| {
        define_sizes(linker, name, environment)
    }),
    ("environ_get", |linker, name| {
        define_texts(linker, name, environment)
    }),
];

fn arguments(stdio: &Stdio) -> Vec<String> {
    stdio.arguments.to_vec()
}

fn environment(stdio: &Stdio) -> Vec<String> {
    let variables = stdio.environment.iter();
    let texts = variables.map(|(name, value)| format!("{name}={value}"));
    texts.collect()
}

fn define_sizes(
    linker: &mut Linker<InstanceState>,
    name: &str,
    texts: Texts,
) -> wasmtime::Result<()> {
    let put = move |mut caller: Caller<'_, InstanceState>, count: u32, size: u32| {
        returned(put_sizes(&mut caller, texts, count, size))
    };
    define(linker, name, put)
}

fn define_texts(
    linker: &mut Linker<InstanceState>,
    name: &str,
    texts: Texts,
) -> wasmtime::Result<()> {
    let put = move |mut caller: Caller<'_, InstanceState>, list: u32, at: u32| {
        returned(put_texts(&mut caller, texts, list, at))
    };
    define(linker, name, put)
}

/// The texts, with the number of their bytes, each with a zero at its end. It counts the call.
fn find(caller: &mut Caller<'_, InstanceState>, texts: Texts) -> (Vec<String>, usize) {
    let state = caller.data_mut();
    let texts = state.imports.wasi.stdio().map_or(Vec::new(), texts);
    let bytes = texts.iter().map(|text| text.len() + 1).sum();
    state.count_host_call();
    state.count_bytes(bytes);
    (texts, bytes)
}

/// Writes the number of texts, and that of their bytes.
fn put_sizes(
    caller: &mut Caller<'_, InstanceState>,
    texts: Texts,
    count: u32,
    size: u32,
) -> Result<(), Failure> {
    let (texts, bytes) = find(caller, texts);
    let memory = memory::of(caller)?.data_mut(caller);
    memory::put(memory, count, &(texts.len() as u32).to_le_bytes())?;
    memory::put(memory, size, &(bytes as u32).to_le_bytes())?;
    Ok(())
}

/// Writes the texts one after the other, and a list of their addresses.
fn put_texts(
    caller: &mut Caller<'_, InstanceState>,
    texts: Texts,
    mut list: u32,
    mut at: u32,
) -> Result<(), Failure> {
    let (texts, _) = find(caller, texts);
    let memory = memory::of(caller)?.data_mut(caller);
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
