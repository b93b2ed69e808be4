//! The choice of a process that compiles: this one, or a helper that can be killed.
//!
//! `job` owns the steps of compiling, and `helper` the limits of a helper.

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

/// The process that turns the bytes of plugins into machine code.
///
/// wasmtime's promises for untrusted code do not cover compiling. Some small files overflow the stack of its parser,
/// which ends the process; others take it hours, or all memory.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// This process, in a thread, for plugins that are trusted. A plugin can end the process, take all of its memory,
    /// and keep the thread for hours: [`Budgets::compile_memory`] is not enforced, and [`Budgets::compile`] only ends
    /// the waiting.
    InProcess,
    /// A helper, started for each plugin that is not in the cache, and killed when it takes too much.
    Helper(Program),
}

/// Version of the facts and the code in the cache. It changes when the same compiler would make others from the same
/// bytes.
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

    /// Identity of the compiler. Code that another one made is not used.
    pub(crate) fn version(&self) -> String {
        let program = match self {
            Self::Helper(program) => program.path.metadata().ok(),
            Self::InProcess => this_program(),
        };
        // During development the program changes and its version stays.
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
        // Compiling eco's own code always ends.
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
