//! Errors of a plugin: before it runs ([`LoadError`]) and while it does ([`Error`]).
//!
//! Callers branch on the variants; the texts say what happened and what to do next.

mod load;
mod running;

pub use load::{EngineError, LoadError};
pub use running::Error;
pub(crate) use running::is_message;
