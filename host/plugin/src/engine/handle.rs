//! The engine, as its users hold it.

use crate::engine_state::EngineState;
use crate::host_import::HostImports;
use eco_compile::{Budgets, CompileError, Language};
use std::sync::Arc;

/// Compiles and runs plugins within their [`Budgets`]. Cheap to clone; clones are the same engine.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<EngineState>, pub(super) Arc<HostImports>);

impl Engine {
    /// Compiles an interpreter, so that the first script starts as fast as the next ones.
    ///
    /// # Errors
    /// The interpreter is not set up, or the compiler failed.
    pub async fn warm_up(&self, language: Language) -> Result<(), CompileError> {
        self.0.code.warm_up(language).await
    }

    /// The budgets of its plugins.
    pub fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }

    /// The names of the imports that the embedding program offers to its plugins, beside those that eco
    /// [offers](crate::offered) to all.
    pub fn host_imports(&self) -> impl Iterator<Item = &str> {
        self.1.names()
    }

    pub(crate) fn own(&self) -> &HostImports {
        &self.1
    }
}
