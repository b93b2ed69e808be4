//! WASI 0.2 for programs: the functions that may wait for standard input.
//!
//! It replaces those of wasmtime-wasi, which would wait within a call. All input streams of a program are its standard
//! input, since it has no files and no sockets.

use super::between_calls::{begin_call, end_call, pipes, wait_for_input};
use crate::imports::host_calls::HostCalls as _;
use crate::imports::poll::{self, POLL};
use crate::instance::state::InstanceState;
use crate::participation::timer::{LEAST, Timer};
use crate::stdio::Descriptor;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::sleep;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, WasmList};
use wasmtime_wasi::WasiView as _;
use wasmtime_wasi::p2::bindings::io::poll::Host as _;
use wasmtime_wasi::p2::bindings::io::streams::{
    self, Host as _, HostInputStream as _, HostOutputStream as _,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamResult};

/// The interface of streams, as wasmtime-wasi names it.
/// Test: `stdio::preview2::a_component_reads_and_writes_in_every_way`.
const STREAMS: &str = "wasi:io/streams@0.2.12";

type Context<'a> = StoreContextMut<'a, InstanceState>;
type Input = Resource<DynInputStream>;
type Output = Resource<DynOutputStream>;

/// Replaces the functions.
pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut interface = linker.instance(POLL)?;
    interface.func_wrap_async(
        "poll",
        |mut store: Context<'_>, (handles,): (WasmList<Resource<DynPollable>>,)| {
            Box::new(async move {
                let handles = poll::read(&mut store, &handles)?;
                Ok((poll_all(&mut store, &handles).await?,))
            })
        },
    )?;
    interface.func_wrap_async(
        "[method]pollable.block",
        |mut store: Context<'_>, (handle,): (Resource<DynPollable>,)| {
            Box::new(async move { poll_all(&mut store, &[handle]).await.map(drop) })
        },
    )?;
    let mut interface = linker.instance(STREAMS)?;
    interface.func_wrap_async(
        "[method]input-stream.blocking-read",
        |mut store: Context<'_>, (input, length): (Input, u64)| {
            Box::new(async move {
                until_input(&mut store).await?;
                let read = store.data_mut().ctx().table.read(input, length);
                Ok((converted(&mut store, read)?,))
            })
        },
    )?;
    interface.func_wrap_async(
        "[method]input-stream.blocking-skip",
        |mut store: Context<'_>, (input, length): (Input, u64)| {
            Box::new(async move {
                until_input(&mut store).await?;
                let skipped = store.data_mut().ctx().table.skip(input, length);
                Ok((converted(&mut store, skipped)?,))
            })
        },
    )?;
    interface.func_wrap_async(
        "[method]output-stream.blocking-splice",
        |mut store: Context<'_>, (output, input, length): (Output, Input, u64)| {
            Box::new(async move {
                pipes(store.data()).until_room().await;
                until_input(&mut store).await?;
                let spliced = store.data_mut().ctx().table.splice(output, input, length);
                Ok((converted(&mut store, spliced)?,))
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Waits until there is input, or its end.
async fn until_input(store: &mut Context<'_>) -> wasmtime::Result<()> {
    store.data_mut().count_host_call();
    let pipes = pipes(store.data());
    // One that has not begun may not wait for its peer.
    if !pipes.is_readable() && pipes.mode(Descriptor::Stdin).is_some() {
        wait_for_input(store, &pipes).await?;
    }
    Ok(())
}

/// The result of a stream's function, as it is passed to the program.
fn converted<T>(
    store: &mut Context<'_>,
    result: StreamResult<T>,
) -> wasmtime::Result<Result<T, streams::StreamError>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => {
            let table = store.data_mut().ctx().table;
            Ok(Err(table.convert_stream_error(error)?))
        }
    }
}

/// Polls all of these until one is ready. If input is among them, the running call is over while none is.
async fn poll_all(
    store: &mut Context<'_>,
    handles: &[Resource<DynPollable>],
) -> wasmtime::Result<Vec<u32>> {
    let again = || {
        let again = handles.iter().map(|it| Resource::new_borrow(it.rep()));
        again.collect::<Vec<_>>()
    };
    let pipes = pipes(store.data());
    // A program that looks for input and then sleeps waits for input, too.
    let (mut has_looked, _) = pipes.take_asked();
    loop {
        let ready = {
            let mut polling = pin!(store.data_mut().ctx().table.poll(again()));
            poll_fn(|cx| Poll::Ready(polling.as_mut().poll(cx))).await
        };
        if let Poll::Ready(ready) = ready {
            return ready;
        }
        let (for_input, for_time) = pipes.take_asked();
        let for_more = has_looked || handles.len() > 1;
        let for_input = for_input || std::mem::take(&mut has_looked);
        let state = store.data_mut();
        let laboratory = state.imports.wasi.laboratory();
        let world_is_real = laboratory.is_none();
        if !for_input {
            if let (Some(laboratory), Some(until)) = (laboratory, for_time) {
                laboratory.advance_to(until);
                continue;
            }
            return state.ctx().table.poll(again()).await;
        }
        let _timer = laboratory.zip(for_time).map(|(laboratory, until)| {
            let mut timer = Timer::new(state.participation.connection, Some(laboratory));
            timer.set(Some(until.saturating_sub(laboratory.elapsed())));
            timer
        });
        let used = end_call(store, &pipes)?;
        // A timer of zero would begin call after call without a pause.
        let least = match (world_is_real, pipes.room()) {
            (true, Ok(1..)) => LEAST,
            _ => Duration::ZERO,
        };
        let ready = if for_more {
            let polling = store.data_mut().ctx().table.poll(again());
            let polling = async {
                if !least.is_zero() {
                    sleep(least).await;
                }
                polling.await
            };
            pipes.wait_for_input_or(polling).await
        } else {
            pipes.wait_for_input().await;
            None
        };
        begin_call(store, &pipes, used).await?;
        if let Some(ready) = ready {
            return ready;
        }
    }
}
