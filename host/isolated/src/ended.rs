//! Reasons why a helper ended without an answer, recognized by its status and its last words.
//!
//! It owns the list of reasons, and says in one place whose fault each is. Each text contains its cause, so the cause
//! is a field and not a `source()`: a printed chain of errors would say it twice.

use crate::mark::MISSING;
use eco_text::escape::Escaped;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// The reason for a missing answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Ended {
    /// It has used up its time.
    #[error("it was not done in the time that it may take")]
    OutOfTime,
    /// It wanted more memory than its limit.
    #[error("it needs more memory than it may have")]
    OutOfMemory,
    /// It overflowed its stack.
    #[error("it nests too deep")]
    StackOverflow,
    /// The work panicked, with this message.
    #[error("the work failed: {0}")]
    Panicked(String),
    /// It caused this signal, which ended it.
    #[error("it crashed, with signal {0}")]
    Crashed(i32),
    /// Memory ran out below its limit.
    #[error(
        "there was no memory left for the helper, and the system gives it less than it may have (see ulimit -v and ulimit -d)"
    )]
    ShortOfMemory,
    /// Somebody killed it.
    #[error("the system killed the helper, for want of memory perhaps")]
    Killed,
    /// It got too little processor time for too long.
    #[error("the machine is too busy")]
    Busy,
    /// The helper's process could not be started.
    #[error("the helper {} does not start: {error}", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The program did not say that it is a helper: as a rule its `main` goes on with something else.
    #[error("the program {} {}", program.display(), no_helper(.said))]
    NoHelper {
        /// The program.
        program: PathBuf,
        /// What it wrote to stderr and how it ended; empty where it had to be killed, or has said itself that it has
        /// forgotten to be a helper.
        said: String,
    },
    /// The program is a helper of another version of this crate, which may have other requests and answers.
    #[error(
        "the program {} is a helper of another version of eco than {}: both have to be of one",
        program.display(),
        env!("CARGO_PKG_VERSION")
    )]
    OtherVersion {
        /// The program.
        program: PathBuf,
    },
    /// Its answer is invalid, or could not be received, and the process had not ended.
    #[error("the helper's answer: {0}")]
    Unanswered(io::Error),
    /// It ended in another way.
    #[error("{0}")]
    Unclear(String),
}

impl Ended {
    /// Whether the stranger's bytes are not at fault.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::OutOfTime
            | Self::OutOfMemory
            | Self::StackOverflow
            | Self::Panicked(_)
            | Self::Crashed(_) => false,
            Self::ShortOfMemory
            | Self::Killed
            | Self::Busy
            | Self::NotStarted { .. }
            | Self::NoHelper { .. }
            | Self::OtherVersion { .. }
            | Self::Unanswered(_)
            | Self::Unclear(_) => true,
        }
    }

    /// Finds the reason by the exit status, and by the last words on stderr.
    pub(crate) fn of(status: ExitStatus, last_words: &[u8]) -> Self {
        let said = String::from_utf8_lossy(last_words);
        let unclear = |how: String| {
            let said = said.trim();
            Self::Unclear(if said.is_empty() {
                format!("the helper {how}")
            } else {
                format!("the helper {how}: {}", Escaped(said.as_bytes()))
            })
        };
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            use rustix::process::Signal;
            return match Signal::from_named_raw(signal) {
                Some(Signal::XCPU) => Self::OutOfTime,
                Some(Signal::ABORT) if said.contains(OUT_OF_MEMORY) => Self::OutOfMemory,
                Some(Signal::ABORT) if said.contains(STACK_OVERFLOW) => Self::StackOverflow,
                Some(Signal::ABORT | Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE) => {
                    Self::Crashed(signal)
                }
                // eco didn't send it: a helper that eco kills is not asked for its reason.
                Some(Signal::KILL) => Self::Killed,
                _ => unclear(format!("was ended by signal {signal}")),
            };
        }
        unclear(format!("ended, with {status}"))
    }
}

/// The words for a program that is no helper: how it ended comes first, since the missing line is only a guess then.
fn no_helper(said: &str) -> String {
    match said {
        "" => MISSING.to_owned(),
        said => format!("was no helper yet: {said} (perhaps it {MISSING})"),
    }
}

/// Words of Rust's runtime as it aborts for want of memory. Neither a type nor a status tells that in a stable way.
/// Test: `rusts_runtime_says_why_it_aborts`.
#[cfg(unix)]
const OUT_OF_MEMORY: &str = "memory allocation of";

/// Words of Rust's runtime as it aborts on an overflow of the stack. It tells overflows from other crashes.
/// Test: `rusts_runtime_says_why_it_aborts`.
#[cfg(unix)]
const STACK_OVERFLOW: &str = "overflowed its stack";

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Stdio};

    /// The variable that tells this test, in a process of its own, how to abort.
    const END: &str = "ECO_ISOLATED_TEST_END";

    #[test]
    fn rusts_runtime_says_why_it_aborts() {
        if let Some(end) = std::env::var_os(END) {
            abort(&end);
        }
        let memory = ended_by("memory");
        assert!(matches!(memory, Ended::OutOfMemory), "{memory:?}");
        let stack = ended_by("stack");
        assert!(matches!(stack, Ended::StackOverflow), "{stack:?}");
    }

    fn ended_by(end: &str) -> Ended {
        let own = std::env::current_exe().expect("this test is a program");
        let name = "ended::tests::rusts_runtime_says_why_it_aborts";
        let mut command = Command::new(own);
        command.args([name, "--exact", "--nocapture"]);
        let ran = command.env(END, end).stdin(Stdio::null()).output();
        let ran = ran.expect("it runs");
        Ended::of(ran.status, &ran.stderr)
    }

    fn abort(end: &std::ffi::OsStr) -> ! {
        crate::limits::withdraw().expect("it leaves no core dump");
        if end == "memory" {
            std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>());
        }
        std::process::exit(deeper(1));
    }

    #[allow(unconditional_recursion, reason = "it overflows the stack")]
    fn deeper(depth: i32) -> i32 {
        std::hint::black_box(deeper(std::hint::black_box(depth + 1))) + 1
    }

    #[test]
    fn how_a_helper_ends_tells_whose_fault_it_is() {
        for (signal, words, is_internal) in [
            (6, "memory allocation of 12 bytes failed", false),
            (6, "thread has overflowed its stack", false),
            (11, "", false),
            (24, "", false),
            (9, "", true),
            (15, "", true),
        ] {
            let ended = Ended::of(ExitStatus::from_raw(signal), words.as_bytes());
            assert_eq!(ended.is_internal(), is_internal, "signal {signal}: {ended}");
        }
    }
}
