//! Compiling in a process of its own.
//!
//! It owns the limits of such a process for a job, and the verdict on a plugin whose process ended. `eco_isolated` runs
//! the process, and `in_helper` is its side.

use super::refusal::{NOT_BY_THEN, Refusal};
use super::request::{Job, Subject};
use super::settings::Work;
use crate::budget::{Budget, Budgets};
use crate::cache::entry::Entry;
use crate::cache::folder::unnamed;
use crate::error::CompileError;
use crate::facts::Facts;
use eco_isolated::{Clock, Ended, Limits, Program, Task, is_short_of};
use std::fs::File;

/// The helper's answer to a job. The code is in blocks beside it: the whole, and then that of a component's module alone,
/// if there is one.
pub(super) type Answer = Result<Facts, Refusal>;

/// Most blocks of an answer. An answer with more is invalid. Test: `wire::an_answer_that_makes_no_sense_is_an_error`.
pub(super) const BLOCKS: u64 = 2;

/// The name of this work.
pub(super) const WORK: &str = "compile";

/// Takes an answer apart. `Err(None)` stands for an answer without code.
pub(super) fn read<B>(
    answer: Answer,
    code: Vec<B>,
) -> Result<(Facts, B, Option<B>), Option<Refusal>> {
    let facts = answer.map_err(Some)?;
    let mut code = code.into_iter();
    let whole = code.next().ok_or(None)?;
    Ok((facts, whole, code.next()))
}

/// Has a helper compile, when there is a place for it.
pub(super) async fn compile(
    program: &Program,
    job: Job,
    plugin: Vec<u8>,
    budgets: &Budgets,
) -> Result<Entry, CompileError> {
    let limits = limits(&job, budgets);
    let task = Task {
        work: WORK,
        limits,
        blocks: BLOCKS,
        // The helper holds the code in its own memory.
        most: limits.memory.unwrap_or(u64::MAX),
        clock: match (&job.subject, job.settings.work) {
            // Somebody waits for the plugin.
            (Subject::Plugin, Work::Uncounted) => Clock::After(budgets.compile),
            // The limit of processor time decides, or the code is eco's own, which no stranger makes longer.
            (Subject::Plugin, Work::Counted) | (Subject::Snapshot(_) | Subject::Interpreter, _) => {
                Clock::Patience
            }
        },
        waits: match job.subject {
            // Each language has one interpreter, and somebody may wait for it.
            Subject::Interpreter => false,
            Subject::Plugin | Subject::Snapshot(_) => true,
        },
        request: job,
        bytes: plugin,
    };
    let ran = eco_isolated::run(program, task, unnamed).await;
    let (answer, code): (Answer, Vec<File>) = ran.map_err(|ended| ended_so(ended, budgets))?;
    match read(answer, code) {
        Ok((facts, code, module)) => Ok(Entry {
            facts,
            code,
            module,
        }),
        Err(Some(Refusal::Memory)) if limits.memory.is_some_and(is_short_of) => {
            Err(CompileError::Internal(Ended::ShortOfMemory.into()))
        }
        Err(Some(refusal)) => Err(refusal.into_error(budgets)),
        Err(None) => Err(CompileError::Internal(wasmtime::Error::msg(
            "the helper's answer: there is no code",
        ))),
    }
}

/// The helper's limits. An interpreter is eco's own, and has none. A snapshot has a limit of memory, since a script
/// made its data.
fn limits(job: &Job, budgets: &Budgets) -> Limits {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let all = u32::try_from(processors).unwrap_or(u32::MAX);
    let memory = Some(budgets.compile_memory as u64);
    let (memory, cpu) = match (&job.subject, job.settings.work) {
        (Subject::Interpreter, _) => (None, None),
        (Subject::Snapshot(_), _) => (memory, None),
        (Subject::Plugin, Work::Counted) => (memory, Some(budgets.compile)),
        // The clock decides. This limit still holds while eco itself is stopped.
        (Subject::Plugin, Work::Uncounted) => (memory, Some(budgets.compile.saturating_mul(all))),
    };
    Limits {
        memory,
        cpu,
        priority: job.priority,
    }
}

/// The error for a plugin whose helper ended without an answer.
fn ended_so(ended: Ended, budgets: &Budgets) -> CompileError {
    match ended {
        Ended::OutOfTime => CompileError::budget(Budget::Compile, budgets, NOT_BY_THEN),
        Ended::OutOfMemory => {
            CompileError::budget(Budget::CompileMemory, budgets, "It needs more.")
        }
        Ended::StackOverflow => {
            CompileError::Complex("it nests too deep for the compiler's stack".to_owned())
        }
        Ended::Panicked(why) => CompileError::Complex(format!("the compiler failed: {why}")),
        Ended::Crashed(signal) => {
            CompileError::Complex(format!("the compiler crashed, with signal {signal}"))
        }
        ended @ (Ended::ShortOfMemory
        | Ended::Killed
        | Ended::Busy
        | Ended::NotStarted { .. }
        | Ended::NoHelper { .. }
        | Ended::OtherVersion { .. }
        | Ended::Unanswered(_)
        | Ended::Unclear(_)
        | _) => CompileError::Internal(ended.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn how_a_helper_ends_tells_whose_fault_it_is() {
        let budgets = Budgets::server(1 << 30);
        for ended in [
            Ended::OutOfTime,
            Ended::OutOfMemory,
            Ended::StackOverflow,
            Ended::Panicked(String::new()),
            Ended::Crashed(11),
            Ended::ShortOfMemory,
            Ended::Killed,
            Ended::Busy,
            Ended::Unanswered(io::ErrorKind::InvalidData.into()),
            Ended::Unclear(String::new()),
        ] {
            let (said, is_internal) = (ended.to_string(), ended.is_internal());
            let error = ended_so(ended, &budgets);
            let code = if is_internal {
                "internal"
            } else {
                "too-complex"
            };
            assert_eq!(error.code(), code, "{said}: {error}");
            let keeps = matches!(&error, CompileError::Internal(cause) if cause.is::<Ended>());
            assert_eq!(keeps, is_internal, "{said}: {error:?}");
        }
    }
}
