//! Images: the state of an instance of an interpreter after it evaluated a script, as it was read.
//!
//! It owns the types alone. The engine reads instances, and `snapshot` writes the interpreter anew with what was read.

use serde::{Deserialize, Serialize};

/// The instance that a component exports for reading, as wasmtime-wizer names it.
pub const ACCESS: &str = "wasmtime:wizer/access";

/// The state that was read of an instance, by the names of the functions that returned it. The contents of the memories
/// are elsewhere: one after the other, in this order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Its globals.
    pub globals: Vec<(String, Global)>,
    /// Its memories, with their lengths in bytes.
    pub memories: Vec<(String, usize)>,
}

/// An instance as it was read.
pub struct Image {
    /// Its state without the contents of memories.
    pub state: State,
    /// The contents of its memories.
    pub contents: Vec<u8>,
    /// Whether another instance that evaluates the same script reaches the same state.
    pub repeats_itself: bool,
}

/// The value of a global. Floating-point numbers are stored as bits, which JSON keeps exactly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Global {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit floating-point number.
    F32(u32),
    /// The bits of a 64-bit floating-point number.
    F64(u64),
}
