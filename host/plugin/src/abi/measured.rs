//! The number of bytes that a call has returned.
//!
//! The bytes were lifted out of the plugin, or are still in its memory. They are measured before the host copies or
//! keeps them.

use super::types::{Expect, Fault, Reply, Step, Turn};
use wasmtime::component::WasmList;

/// A value that a call has returned.
pub(crate) trait Measured {
    /// Its bytes: those of all lists and texts in it.
    fn length(&self) -> usize;
}

impl Measured for () {
    fn length(&self) -> usize {
        0
    }
}

impl<T: Measured> Measured for (T,) {
    fn length(&self) -> usize {
        self.0.length()
    }
}

impl Measured for WasmList<u8> {
    fn length(&self) -> usize {
        self.len()
    }
}

impl Measured for Vec<u8> {
    fn length(&self) -> usize {
        self.len()
    }
}

impl Measured for String {
    fn length(&self) -> usize {
        self.len()
    }
}

impl Measured for Vec<String> {
    fn length(&self) -> usize {
        self.iter()
            .map(|text| text.len().saturating_add(size_of::<String>()))
            .fold(0, usize::saturating_add)
    }
}

impl<T: Measured, E: Measured> Measured for Result<T, E> {
    fn length(&self) -> usize {
        match self {
            Ok(value) => value.length(),
            Err(error) => error.length(),
        }
    }
}

impl<D: Measured> Measured for Reply<D> {
    fn length(&self) -> usize {
        self.data.length()
    }
}

impl<D: Measured> Measured for Turn<D> {
    fn length(&self) -> usize {
        let end = match &self.expect {
            Expect::Through(end) => end.len(),
            Expect::Exactly(_) | Expect::ToEnd | Expect::Nothing => 0,
        };
        self.send.length().saturating_add(end)
    }
}

impl<D: Measured> Measured for Step<D> {
    fn length(&self) -> usize {
        match self {
            Self::Next(turn) => turn.length(),
            Self::Done => 0,
            Self::Wrong(Fault { reason, .. }) => reason.len(),
        }
    }
}
