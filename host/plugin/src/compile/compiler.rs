//! Who compiles: this process, or a helper process that can be killed.
//!
//! It owns that choice. What compiling is, is `job`'s; what a helper may use for it, `helper`'s.

use super::helper;
use super::job::{self, Job, Subject};
use crate::budget::{Budget, Budgets};
use crate::cache::Entry;
use crate::error::LoadError;
use eco_isolated::Program;
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
    pub(super) async fn compile(
        &self,
        job: Job,
        bytes: Vec<u8>,
        budgets: &Budgets,
    ) -> Result<Entry, LoadError> {
        match self {
            Self::InProcess => in_process(job, bytes, budgets).await,
            Self::Helper(program) => helper::compile(program, job, bytes, budgets).await,
        }
    }

    /// Which compiler it is: code that another one made is not used.
    pub(super) fn version(&self) -> String {
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

async fn in_process(job: Job, bytes: Vec<u8>, budgets: &Budgets) -> Result<Entry, LoadError> {
    let time = match &job.subject {
        Subject::Plugin => budgets.compile,
        // eco's own code: it ends.
        Subject::Interpreter | Subject::Snapshot(_) => Duration::MAX,
    };
    let compiling = tokio::task::spawn_blocking(move || job::compile(&job, bytes));
    // A thread that compiles can't be stopped; it is left to end by itself.
    let compiled = tokio::time::timeout(time, compiling).await;
    let compiled = compiled
        .map_err(|_| LoadError::budget(Budget::Compile, budgets, NOT_BY_THEN))?
        .map_err(LoadError::stopped)?
        .map_err(|refusal| refusal.into_error(budgets))?;
    Entry::of(
        compiled.facts,
        &compiled.component,
        compiled.module.as_deref(),
    )
    .map_err(|error| LoadError::Compiler(format!("there is no room for the code: {error}")))
}

/// What is said of a plugin that took too long.
pub(super) const NOT_BY_THEN: &str = "It was not compiled by then; a busy machine may need longer.";
