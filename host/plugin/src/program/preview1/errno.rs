//! Errors of WASI preview 1, by their numbers, and how a function returns them.

use eco_compile::Budget;

/// An error that a function returns to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Errno {
    Again = 6,
    BadDescriptor = 8,
    Fault = 21,
    Invalid = 28,
    NotThere = 52,
    Pipe = 64,
    NoSeek = 70,
}

/// Why a function has no result.
pub(super) enum Failure {
    Errno(Errno),
    /// The program ends.
    Trap(wasmtime::Error),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Budget> for Failure {
    fn from(broken: Budget) -> Self {
        Self::Trap(broken.into())
    }
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

/// What a function returns to the program: 0 for success.
pub(super) fn returned(result: Result<(), Failure>) -> wasmtime::Result<i32> {
    match result {
        Ok(()) => Ok(0),
        Err(Failure::Errno(errno)) => Ok(i32::from(errno as u16)),
        Err(Failure::Trap(error)) => Err(error),
    }
}
