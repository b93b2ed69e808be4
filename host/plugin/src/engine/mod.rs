//! The engine: one configured wasmtime for all the plugins of a process.
//!
//! It owns the resources that instances share: compiled code, the pool of instances, the total of memory in use, the
//! queues of calls. Its wasmtime only runs code, and has no compiler.

mod builder;
mod handle;
mod pool;
#[cfg(all(test, feature = "compile"))]
mod warm_slots;

pub use builder::EngineBuilder;
pub use handle::{Engine, EngineCounters};
