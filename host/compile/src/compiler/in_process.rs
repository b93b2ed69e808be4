//! Compiling in this process.

use super::job::{self, Product};
use super::refusal::{NOT_BY_THEN, Refusal};
use super::request::{Job, Subject};
use crate::budget::{Budget, Budgets};
use crate::cache::entry::Entry;
use crate::error::CompileError;
use std::time::Duration;

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

pub(super) async fn compile(
    job: Job,
    bytes: Vec<u8>,
    budgets: &Budgets,
) -> Result<Entry, CompileError> {
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
    Entry::of(compiled.facts, &compiled.code, compiled.module.as_deref()).map_err(|error| {
        CompileError::Internal(wasmtime::Error::new(error).context("there is no room for the code"))
    })
}
