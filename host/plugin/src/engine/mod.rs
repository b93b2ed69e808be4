//! The engine: one configured wasmtime for all the plugins of a process.
//!
//! It owns what instances share: compiled code, the pool of instances, the total of memory in use,
//! the queue for long calls. It knows nothing of any one plugin. It only runs code: its wasmtime has no
//! compiler.

mod builder;
mod pool;
mod state;
#[cfg(test)]
mod warm_slots;

pub use builder::EngineBuilder;
pub use state::Engine;
pub(crate) use state::{EngineState, Hints};
