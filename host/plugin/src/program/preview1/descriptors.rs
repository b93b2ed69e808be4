//! The descriptors 0, 1 and 2: standard input, standard output, and standard error, which is the log. There are no
//! others. `transfer` reads and writes.

use super::errno::{Errno, Failure, returned};
use super::function::{Function, define};
use super::memory;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use crate::program::between_calls::pipes;
use crate::stdio::{Descriptor, Mode, Pipes};
use std::sync::Arc;
use wasmtime::Caller;

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
const NONBLOCK: u32 = 1 << 2;

impl Descriptor {
    /// The descriptor with this number, unless the program has closed it.
    pub(super) fn open(pipes: &Pipes, number: u32) -> Result<Self, Errno> {
        let descriptor = match number {
            0 => Self::Stdin,
            1 => Self::Stdout,
            2 => Self::Stderr,
            _ => return Err(Errno::BadDescriptor),
        };
        let is_open = pipes.mode(descriptor).is_some();
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

pub(super) const FUNCTIONS: &[Function] = &[
    ("fd_close", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, number: u32| {
                returned(
                    opened(&mut caller, number)
                        .map(|(pipes, descriptor)| pipes.set_mode(descriptor, None)),
                )
            },
        )
    }),
    ("fd_fdstat_get", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, number: u32, at: u32| {
                returned(put_status(&mut caller, number, at))
            },
        )
    }),
    ("fd_fdstat_set_flags", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, number: u32, flags: u32| {
                returned(set_flags(&mut caller, number, flags))
            },
        )
    }),
    ("fd_filestat_get", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, number: u32, at: u32| {
                returned(put_file_status(&mut caller, number, at))
            },
        )
    }),
    ("fd_prestat_get", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, _: u32, _: u32| {
                caller.data_mut().count_host_call();
                // No folder was opened for it, which is where a program stops to ask.
                returned(Err(Errno::BadDescriptor.into()))
            },
        )
    }),
    ("fd_seek", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, number: u32, _: i64, _: u32, _: u32| {
                returned(no_place(&mut caller, number))
            },
        )
    }),
    ("fd_tell", |linker, name| {
        define(
            linker,
            name,
            |mut caller: Caller<'_, InstanceState>, number: u32, _: u32| {
                returned(no_place(&mut caller, number))
            },
        )
    }),
];

/// The descriptor with this number, and the pipes. It counts the call.
pub(super) fn opened(
    caller: &mut Caller<'_, InstanceState>,
    number: u32,
) -> Result<(Arc<Pipes>, Descriptor), Failure> {
    caller.data_mut().count_host_call();
    let pipes = pipes(caller.data());
    let descriptor = Descriptor::open(&pipes, number)?;
    Ok((pipes, descriptor))
}

/// A stream has no place in it.
fn no_place(caller: &mut Caller<'_, InstanceState>, number: u32) -> Result<(), Failure> {
    opened(caller, number)?;
    Err(Errno::NoSeek.into())
}

fn put_status(caller: &mut Caller<'_, InstanceState>, number: u32, at: u32) -> Result<(), Failure> {
    let (pipes, descriptor) = opened(caller, number)?;
    let flags = match pipes.mode(descriptor) {
        Some(Mode::Nonblocking) => NONBLOCK as u16,
        Some(Mode::Blocking) | None => 0,
    };
    let memory = memory::of(caller)?.data_mut(caller);
    let status = memory::write(memory, at, 24)?;
    status.fill(0);
    put_in(status, 0, &[descriptor.kind()]);
    put_in(status, 2, &flags.to_le_bytes());
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
    let (pipes, descriptor) = opened(caller, number)?;
    let mode = match flags {
        0 => Mode::Blocking,
        NONBLOCK => Mode::Nonblocking,
        _ => return Err(Errno::Invalid.into()),
    };
    pipes.set_mode(descriptor, Some(mode));
    Ok(())
}
