//! The engine: one configured wasmtime for plugins that have the same budgets, in most processes for all.
//!
//! It owns the resources that instances share: compiled code, the pool of instances, the total of memory in use, the
//! queues of calls. Its wasmtime only runs code, and has no compiler.

mod builder;
mod clock;
mod handle;
mod pool;
mod shares;
#[cfg(all(test, feature = "compile"))]
mod warm_slots;

pub use builder::EngineBuilder;
pub use handle::{Engine, EngineCounters};
pub use shares::{Shares, SharesCounters};
