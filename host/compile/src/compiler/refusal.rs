//! Refusals: reasons why a plugin is not compiled, as the helper sends them.
//!
//! Refusals cross from process to process, so they are texts. `causes` makes them of the errors of other crates.

use crate::budget::{Budget, Budgets};
use crate::error::CompileError;
use serde::{Deserialize, Serialize};

/// The reason why a job has no product.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// Neither form of WebAssembly; the text names its likely kind.
    NotWasm(String),
    /// The text doesn't parse.
    Text(String),
    CoreModule,
    Complex(String),
    Unbounded(String),
    Invalid(String),
    /// It has asynchronous functions.
    Asynchronous(String),
    /// There was no more memory.
    Memory,
    /// The system refused something else, independently of the plugin.
    System(String),
}

impl Refusal {
    /// The error for the caller who loads the plugin.
    pub(crate) fn into_error(self, budgets: &Budgets) -> CompileError {
        match self {
            Self::NotWasm(found) => CompileError::NotWasm { found },
            Self::Text(why) => CompileError::Text(why),
            Self::CoreModule => CompileError::CoreModule,
            Self::Complex(why) => CompileError::Complex(why),
            Self::Unbounded(why) => CompileError::Unbounded(why),
            Self::Invalid(why) => CompileError::Invalid(why),
            Self::Asynchronous(why) => CompileError::Asynchronous(why),
            Self::Memory => CompileError::budget(Budget::CompileMemory, budgets, "It needs more."),
            Self::System(why) => CompileError::Internal(wasmtime::Error::msg(why)),
        }
    }
}

/// The words for a plugin that took too long.
pub(super) const NOT_BY_THEN: &str = "It was not compiled by then; a busy machine may need longer.";
