//! The engine: one configured wasmtime for all the plugins of a process.
//!
//! It owns the resources that instances share: compiled code, the pool of instances, the total of memory in use, the
//! queues of calls. Its wasmtime only runs code, and has no compiler.

mod builder;
mod pool;
mod state;
#[cfg(test)]
mod warm_slots;

pub use builder::EngineBuilder;
pub use state::Engine;
pub(crate) use state::{EngineState, Hints};
