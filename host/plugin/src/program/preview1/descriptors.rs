//! The descriptors 0, 1 and 2: standard input, standard output, and standard error, which is the log. There are no others.

use super::errno::{Errno, Failure, returned};
use super::memory::Parts;
use super::{MODULE, memory};
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use crate::program::between_calls::{pipes, wait_for_input};
use crate::stdio::{Gone, Pipes, QUEUE};
use std::future::pending;
use std::sync::Arc;
use wasmtime::{Caller, Linker};

/// Types of descriptors.
const CHARACTER_DEVICE: u8 = 2;
const STREAM: u8 = 6;

/// Rights of descriptors. One that may not seek is a terminal, if it is a character device: so does wasi-libc tell.
const MAY_READ: u64 = 1 << 1;
const MAY_SET_FLAGS: u64 = 1 << 3;
const MAY_WRITE: u64 = 1 << 6;
const MAY_STAT: u64 = 1 << 21;
const MAY_POLL: u64 = 1 << 27;

/// The flag of a descriptor whose reads and writes don't wait.
const NONBLOCK: u16 = 1 << 2;

/// A descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Descriptor {
    Stdin,
    Stdout,
    Stderr,
}

impl Descriptor {
    /// The descriptor with this number, unless the program has closed it.
    pub(super) fn open(pipes: Option<&Pipes>, number: u32) -> Result<Self, Errno> {
        let descriptor = match number {
            0 => Self::Stdin,
            1 => Self::Stdout,
            2 => Self::Stderr,
            _ => return Err(Errno::BadDescriptor),
        };
        // One that is only tried out has nothing to read and nobody to write to, and may log.
        let is_open = match pipes {
            Some(pipes) => pipes.flags(number as usize).is_some(),
            None => descriptor == Self::Stderr,
        };
        is_open.then_some(descriptor).ok_or(Errno::BadDescriptor)
    }

    fn kind(self) -> u8 {
        match self {
            Self::Stdin | Self::Stderr => STREAM,
            // Libraries of languages send each line by itself to a terminal.
            Self::Stdout => CHARACTER_DEVICE,
        }
    }

    fn rights(self) -> u64 {
        let of_all = MAY_SET_FLAGS | MAY_STAT | MAY_POLL;
        match self {
            Self::Stdin => of_all | MAY_READ,
            Self::Stdout | Self::Stderr => of_all | MAY_WRITE,
        }
    }
}

pub(super) fn define(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        MODULE,
        "fd_read",
        |mut caller: Caller<'_, InstanceState>,
         (number, list, count, read): (u32, u32, u32, u32)| {
            Box::new(
                async move { returned(fd_read(&mut caller, number, (list, count), read).await) },
            )
        },
    )?;
    linker.func_wrap_async(
        MODULE,
        "fd_write",
        |mut caller: Caller<'_, InstanceState>,
         (number, list, count, written): (u32, u32, u32, u32)| {
            Box::new(async move {
                returned(fd_write(&mut caller, number, (list, count), written).await)
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_close",
        |mut caller: Caller<'_, InstanceState>, number: u32| {
            returned(opened(&mut caller, number).map(|(pipes, _)| {
                if let Some(pipes) = pipes {
                    pipes.set_flags(number as usize, None);
                }
            }))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_fdstat_get",
        |mut caller: Caller<'_, InstanceState>, number: u32, at: u32| {
            returned(put_status(&mut caller, number, at))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_fdstat_set_flags",
        |mut caller: Caller<'_, InstanceState>, number: u32, flags: u32| {
            returned(set_flags(&mut caller, number, flags))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_filestat_get",
        |mut caller: Caller<'_, InstanceState>, number: u32, at: u32| {
            returned(put_file_status(&mut caller, number, at))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_prestat_get",
        |mut caller: Caller<'_, InstanceState>, _: u32, _: u32| {
            caller.data_mut().count_host_call();
            // No folder was opened for it, which is where a program stops to ask.
            returned(Err(Errno::BadDescriptor.into()))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_seek",
        |mut caller: Caller<'_, InstanceState>, number: u32, _: i64, _: u32, _: u32| {
            returned(no_place(&mut caller, number))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_tell",
        |mut caller: Caller<'_, InstanceState>, number: u32, _: u32| {
            returned(no_place(&mut caller, number))
        },
    )?;
    Ok(())
}

/// The descriptor with this number, and the pipes. It counts the call.
fn opened(
    caller: &mut Caller<'_, InstanceState>,
    number: u32,
) -> Result<(Option<Arc<Pipes>>, Descriptor), Failure> {
    caller.data_mut().count_host_call();
    let pipes = pipes(caller.data());
    let descriptor = Descriptor::open(pipes.as_deref(), number)?;
    Ok((pipes, descriptor))
}

/// A stream has no place in it.
fn no_place(caller: &mut Caller<'_, InstanceState>, number: u32) -> Result<(), Failure> {
    opened(caller, number)?;
    Err(Errno::NoSeek.into())
}

async fn fd_read(
    caller: &mut Caller<'_, InstanceState>,
    number: u32,
    (list, count): (u32, u32),
    at: u32,
) -> Result<(), Failure> {
    let (Some(pipes), Descriptor::Stdin) = opened(caller, number)? else {
        return Err(Errno::BadDescriptor.into());
    };
    let memory = memory::of(caller)?;
    let mut parts = Parts::new(list, count)?;
    let Some(mut part) = parts.next(memory.data(&caller))? else {
        // It asks for nothing, and waits for nothing.
        memory::put(memory.data_mut(caller), at, &0_u32.to_le_bytes())?;
        return Ok(());
    };
    if !pipes.is_readable() {
        if is_nonblocking(&pipes, number) {
            return Err(Errno::Again.into());
        }
        wait_for_input(caller, &pipes, false, pending::<()>()).await?;
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
    let mut parts = Parts::new(list, count)?;
    let mut total = 0;
    while let Some((address, length)) = parts.next(memory.data(&caller))? {
        let written = match (&pipes, descriptor) {
            (_, Descriptor::Stderr) => {
                let (bytes, state) = memory.data_and_store_mut(&mut *caller);
                let bytes = memory::read(bytes, address, length)?;
                // A piece that is beyond the budget ends the program before the next one is looked at.
                for piece in bytes.chunks(QUEUE) {
                    state.imports.wasi.stderr().append(piece)?;
                }
                length
            }
            (Some(pipes), Descriptor::Stdout) => {
                let waits = !is_nonblocking(pipes, number);
                write_part(caller, pipes, (address, length), waits).await?
            }
            _ => return Err(Errno::BadDescriptor.into()),
        };
        caller.data_mut().count_bytes(written as usize);
        total += written;
        if written < length {
            break;
        }
    }
    // What would wait has written a part, or nothing.
    if total == 0 && count > 0 && pipes.is_some_and(|pipes| matches!(pipes.room(), Ok(0))) {
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
    waits: bool,
) -> Result<u32, Failure> {
    let memory = memory::of(caller)?;
    let mut written = 0;
    while written < length {
        if waits {
            pipes.has_room().await;
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

fn is_nonblocking(pipes: &Pipes, number: u32) -> bool {
    pipes
        .flags(number as usize)
        .is_some_and(|flags| flags & NONBLOCK != 0)
}

fn put_status(caller: &mut Caller<'_, InstanceState>, number: u32, at: u32) -> Result<(), Failure> {
    let (pipes, descriptor) = opened(caller, number)?;
    let flags = pipes.and_then(|pipes| pipes.flags(number as usize));
    let memory = memory::of(caller)?.data_mut(caller);
    let status = memory::write(memory, at, 24)?;
    status.fill(0);
    put_in(status, 0, &[descriptor.kind()]);
    put_in(status, 2, &flags.unwrap_or_default().to_le_bytes());
    put_in(status, 8, &descriptor.rights().to_le_bytes());
    Ok(())
}

fn put_file_status(
    caller: &mut Caller<'_, InstanceState>,
    number: u32,
    at: u32,
) -> Result<(), Failure> {
    let (_, descriptor) = opened(caller, number)?;
    let memory = memory::of(caller)?.data_mut(caller);
    let status = memory::write(memory, at, 64)?;
    status.fill(0);
    put_in(status, 16, &[descriptor.kind()]);
    // One link leads to it.
    put_in(status, 24, &1_u64.to_le_bytes());
    Ok(())
}

/// Writes a field of a record that has room for it.
fn put_in(record: &mut [u8], at: usize, field: &[u8]) {
    let place = record.get_mut(at..);
    if let Some(place) = place.and_then(|place| place.get_mut(..field.len())) {
        place.copy_from_slice(field);
    }
}

fn set_flags(
    caller: &mut Caller<'_, InstanceState>,
    number: u32,
    flags: u32,
) -> Result<(), Failure> {
    let (pipes, _) = opened(caller, number)?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Invalid)?;
    if flags & !NONBLOCK != 0 {
        return Err(Errno::Invalid.into());
    }
    if let Some(pipes) = pipes {
        pipes.set_flags(number as usize, Some(flags));
    }
    Ok(())
}
