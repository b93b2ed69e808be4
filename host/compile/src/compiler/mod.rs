//! Who compiles: this process, or a helper process that can be killed.
//!
//! It owns that choice. What compiling is, is `job`'s; what a helper may use for it, `helper`'s.

mod form;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod helper;
pub(crate) mod job;
pub(crate) mod refusal;
pub(crate) mod settings;
pub(crate) mod snapshot;

use crate::budget::{Budget, Budgets};
use crate::cache::entry::Entry;
use crate::error::CompileError;
use eco_isolated::Program;
pub use helper::run_helper;
use job::{Job, Subject};
use refusal::NOT_BY_THEN;
use std::fs::Metadata;
use std::time::{Duration, UNIX_EPOCH};

/// Who turns the bytes of plugins into machine code.
///
/// Compiling is not part of what wasmtime promises for untrusted code: there are small files that overflow
/// the stack of its parser, which ends the process, and others that take it hours, or all memory.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// This process, in a thread. A plugin can end the process, take all of its memory, and keep the
    /// thread for hours: [`Budgets::compile_memory`] is not held, and [`Budgets::compile`] only ends the
    /// waiting. For plugins that are trusted.
    InProcess,
    /// A helper, started for each plugin that is not in the cache. It is killed when it takes too much.
    Helper(Program),
}

/// What is changed when the same compiler would make other code, or other facts, of the same bytes.
const FORMAT: u32 = 3;

impl Compiler {
    /// Compiles within the budgets.
    pub(crate) async fn compile(
        &self,
        job: Job,
        bytes: Vec<u8>,
        budgets: &Budgets,
    ) -> Result<Entry, CompileError> {
        match self {
            Self::InProcess => in_process(job, bytes, budgets).await,
            Self::Helper(program) => helper::compile(program, job, bytes, budgets).await,
        }
    }

    /// Which compiler it is: code that another one made is not used.
    pub(crate) fn version(&self) -> String {
        let program = match self {
            Self::Helper(program) => program.path.metadata().ok(),
            Self::InProcess => this_program(),
        };
        // While eco is worked on, its version stays as it is.
        let changed = |program: Metadata| {
            let since = program.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            Some((program.len(), since.as_nanos()))
        };
        let changed = program.and_then(changed);
        format!("{FORMAT} {} {changed:?}", env!("CARGO_PKG_VERSION"))
    }
}

fn this_program() -> Option<Metadata> {
    std::env::current_exe().ok()?.metadata().ok()
}

async fn in_process(job: Job, bytes: Vec<u8>, budgets: &Budgets) -> Result<Entry, CompileError> {
    let time = match &job.subject {
        Subject::Plugin => budgets.compile,
        // eco's own code: it ends.
        Subject::Interpreter | Subject::Snapshot(_) => Duration::MAX,
    };
    let compiling = tokio::task::spawn_blocking(move || job::compile(&job, bytes));
    // A thread that compiles can't be stopped; it is left to end by itself.
    let compiled = tokio::time::timeout(time, compiling).await;
    let compiled = compiled
        .map_err(|_| CompileError::budget(Budget::Compile, budgets, NOT_BY_THEN))?
        .map_err(CompileError::stopped)?
        .map_err(|refusal| refusal.into_error(budgets))?;
    Entry::of(
        compiled.facts,
        &compiled.component,
        compiled.module.as_deref(),
    )
    .map_err(|error| {
        CompileError::Internal(wasmtime::Error::new(error).context("there is no room for the code"))
    })
}
