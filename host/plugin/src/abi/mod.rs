//! The types and exports of `wit/`, as wasmtime's typed calls see them.
//!
//! A test builds a component from each world of `wit/` and loads it, so that these mirrors can't
//! drift from the files.

mod bytes;
mod exports;
mod measured;
mod types;

pub(crate) use bytes::{Bytes, Lifting, Returned};
pub(crate) use exports::{
    CLIENT, ClientExports, HANDLER, INTERPRETER, SESSION, ServerExports, find_load,
};
pub(crate) use measured::Measured;
pub(crate) use types::{Connection, Expect, Fault, Next, Reason, Reply, Step, Turn};
