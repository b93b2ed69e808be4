//! Reading standard input, and writing standard output and the log.

use super::descriptors::opened;
use super::errno::{Errno, Failure, returned};
use super::function::{Function, MODULE};
use super::memory;
use super::memory::Parts;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use crate::program::between_calls::wait_for_input;
use crate::stdio::{Descriptor, Gone, Mode, Pipes, QUEUE};
use wasmtime::Caller;

pub(super) const FUNCTIONS: &[Function] = &[
    ("fd_read", |linker, name| {
        linker
            .func_wrap_async(
                MODULE,
                name,
                |mut caller: Caller<'_, InstanceState>,
                 (number, list, count, read): (u32, u32, u32, u32)| {
                    Box::new(async move {
                        returned(fd_read(&mut caller, number, (list, count), read).await)
                    })
                },
            )
            .map(|_| ())
    }),
    ("fd_write", |linker, name| {
        linker
            .func_wrap_async(
                MODULE,
                name,
                |mut caller: Caller<'_, InstanceState>,
                 (number, list, count, written): (u32, u32, u32, u32)| {
                    Box::new(async move {
                        returned(fd_write(&mut caller, number, (list, count), written).await)
                    })
                },
            )
            .map(|_| ())
    }),
];

async fn fd_read(
    caller: &mut Caller<'_, InstanceState>,
    number: u32,
    (list, count): (u32, u32),
    at: u32,
) -> Result<(), Failure> {
    let (pipes, Descriptor::Stdin) = opened(caller, number)? else {
        return Err(Errno::BadDescriptor.into());
    };
    let memory = memory::of(caller)?;
    let mut parts = Parts::new(caller.data_mut(), list, count)?;
    // All of them are checked before anything is read, which would be lost.
    parts.clone().bytes(memory.data(&caller))?;
    let Some(mut part) = parts.next(memory.data(&caller))? else {
        // It asks for nothing, and waits for nothing.
        memory::put(memory.data_mut(caller), at, &0_u32.to_le_bytes())?;
        return Ok(());
    };
    memory::read(memory.data(&caller), at, 4)?;
    if !pipes.is_readable() {
        if pipes.mode(Descriptor::Stdin) == Some(Mode::Nonblocking) {
            pipes.ask();
            return Err(Errno::Again.into());
        }
        wait_for_input(caller, &pipes).await?;
    }
    let mut total = 0;
    loop {
        let (address, length) = part;
        let room = memory::write(memory.data_mut(&mut *caller), address, length)?;
        let read = pipes.read(room);
        total += read;
        if read < length as usize {
            break;
        }
        match parts.next(memory.data(&caller))? {
            Some(next) => part = next,
            None => break,
        }
    }
    caller.data_mut().count_bytes(total);
    memory::put(memory.data_mut(caller), at, &(total as u32).to_le_bytes())?;
    Ok(())
}

async fn fd_write(
    caller: &mut Caller<'_, InstanceState>,
    number: u32,
    (list, count): (u32, u32),
    at: u32,
) -> Result<(), Failure> {
    let (pipes, descriptor) = opened(caller, number)?;
    let memory = memory::of(caller)?;
    let mut parts = Parts::new(caller.data_mut(), list, count)?;
    let asked = parts.clone().bytes(memory.data(&caller))?;
    let mut total = 0;
    while let Some((address, length)) = parts.next(memory.data(&caller))? {
        let written = match descriptor {
            Descriptor::Stderr => {
                let (bytes, state) = memory.data_and_store_mut(&mut *caller);
                let bytes = memory::read(bytes, address, length)?;
                // A piece that is beyond the budget ends the program before the next one is looked at.
                for piece in bytes.chunks(QUEUE) {
                    state.imports.wasi.stderr().append(piece)?;
                }
                length
            }
            Descriptor::Stdout => write_part(caller, &pipes, (address, length)).await?,
            Descriptor::Stdin => return Err(Errno::BadDescriptor.into()),
        };
        total += written;
        if written < length {
            break;
        }
    }
    caller.data_mut().count_bytes(total as usize);
    // It may not wait for room: elsewhere all is written.
    if asked > 0 && total == 0 {
        return Err(Errno::Again.into());
    }
    memory::put(memory.data_mut(caller), at, &total.to_le_bytes())?;
    Ok(())
}

/// Writes a part to standard output, and waits for room unless it may not. Returns how much was written.
async fn write_part(
    caller: &mut Caller<'_, InstanceState>,
    pipes: &Pipes,
    (address, length): (u32, u32),
) -> Result<u32, Failure> {
    let memory = memory::of(caller)?;
    let waits = pipes.mode(Descriptor::Stdout) == Some(Mode::Blocking);
    let mut written = 0;
    while written < length {
        if waits {
            pipes.until_room().await;
        }
        let room = pipes.room().map_err(|Gone| Errno::Pipe)?;
        let room = u32::try_from(room)
            .unwrap_or(u32::MAX)
            .min(length - written);
        if room == 0 {
            break;
        }
        let from = memory::after(address, written)?;
        pipes.write(memory::read(memory.data(&*caller), from, room)?)?;
        written += room;
    }
    Ok(written)
}
