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
pub use helper::if_helper;
use job::{Job, Product, Subject};
use refusal::{NOT_BY_THEN, Refusal};
use std::fs::Metadata;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

/// The process that turns the bytes of plugins into machine code.
///
/// wasmtime's promises for untrusted code do not cover compiling. Some small files overflow the stack of its parser,
/// which ends the process; others take it hours, or all memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Compiler {
    /// This process, for plugins that are trusted. A plugin can end the process, take all of its memory, and keep its
    /// threads for hours: [`Budgets::compile_memory`] is not enforced, and [`Budgets::compile`] only ends the waiting.
    ///
    /// Each compilation has as many threads as there are processors, `eco-compile-0` and so on, which end with it, and
    /// one of tokio's threads for blocking work. rayon's global pool is left to the embedder.
    InProcess,
    /// A helper, started for each plugin that is not in the cache, and killed when it takes too much: this program
    /// ([`this_program`](Self::this_program)), or another one that calls [`if_helper`] first, as `eco` does.
    ///
    /// While it runs, one of tokio's threads for blocking work talks with it.
    Helper(Program),
}

/// Version of the facts and the code in the cache. It changes when the same compiler would make others from the same
/// bytes.
const FORMAT: u32 = 3;

impl Compiler {
    /// This program as the helper. Its `main` begins with [`if_helper`].
    ///
    /// # Errors
    /// The system doesn't tell the program's path.
    pub fn this_program() -> io::Result<Self> {
        Program::this().map(Self::Helper)
    }

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
            Self::Helper(program) => program.path().metadata().ok(),
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

/// Compiles in threads of its own, which end with the compilation. Without them wasmtime would use those of rayon's
/// global pool, which is the embedder's to set up.
fn compile_here(job: &Job, bytes: Vec<u8>) -> Result<Result<Product, Refusal>, CompileError> {
    let threads = rayon::ThreadPoolBuilder::new()
        .thread_name(|number| format!("eco-compile-{number}"))
        .stack_size(STACK)
        .build()
        .map_err(|error| CompileError::Internal(error.into()))?;
    Ok(threads.install(|| job::compile(job, bytes)))
}

/// Stack of a thread that compiles, in bytes: as much as any thread of eco has. A plugin whose parsing needs more ends the
/// process. Test: `compile::attacks::a_file_that_overflows_the_parser_ends_no_process`, for helpers.
const STACK: usize = 2 * 1024 * 1024;

async fn in_process(job: Job, bytes: Vec<u8>, budgets: &Budgets) -> Result<Entry, CompileError> {
    let time = match &job.subject {
        Subject::Plugin => budgets.compile,
        // Compiling eco's own code always ends.
        Subject::Interpreter | Subject::Snapshot(_) => Duration::MAX,
    };
    let compiling = tokio::task::spawn_blocking(move || compile_here(&job, bytes));
    // A thread that compiles can't be stopped; it is left to end by itself.
    let compiled = tokio::time::timeout(time, compiling).await;
    let compiled = compiled
        .map_err(|_| CompileError::budget(Budget::Compile, budgets, NOT_BY_THEN))?
        .map_err(CompileError::stopped)??
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
