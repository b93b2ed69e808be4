//! Errors of a plugin: before it runs ([`LoadError`]) and while it does ([`Error`]).
//!
//! Callers branch on the variants. Each text names the failure, and the remedy where there is one.

mod load;
mod running;

pub use load::{EngineError, LoadError};
pub use running::Error;
pub(crate) use running::{HostFunctionPanicked, is_message};
