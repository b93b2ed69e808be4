//! Why a process of its own has ended without an answer.
//!
//! It owns telling that from a status and the last words. Whose fault it is, it says in one place.

use eco_text::escape::Escaped;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// It has had the time that it may have.
    #[error("it was not done in the time that it may take")]
    OutOfTime,
    /// It wanted more memory than it may have.
    #[error("it needs more memory than it may have")]
    OutOfMemory,
    /// It was led too deep.
    #[error("it nests too deep")]
    StackOverflow,
    /// The work panicked; this is what that says.
    #[error("the work failed: {0}")]
    Panicked(String),
    /// It was ended by this signal, of its own making.
    #[error("it crashed, with signal {0}")]
    Crashed(i32),
    /// Memory ran out below what it may have.
    #[error(
        "there was no memory left for the helper, and the system gives it less than it may have (see ulimit -v and ulimit -d)"
    )]
    ShortOfMemory,
    /// Somebody killed it.
    #[error("the system killed the helper, for want of memory perhaps")]
    Killed,
    /// The time has passed in which it should have had its processor time.
    #[error("the machine is too busy")]
    Busy,
    /// There is no such process.
    #[error("the helper {} does not start: {error}", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It said what makes no sense, or ended in another way.
    #[error("{0}")]
    Unclear(String),
}

impl Ended {
    /// Whether the bytes have nothing to do with it.
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
            | Self::Unclear(_) => true,
        }
    }

    /// Told by how it ended, and by what it wrote last.
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
                // What Rust's runtime says of its own end.
                Some(Signal::ABORT) if said.contains("memory allocation of") => Self::OutOfMemory,
                Some(Signal::ABORT) if said.contains("overflowed its stack") => Self::StackOverflow,
                Some(Signal::ABORT | Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE) => {
                    Self::Crashed(signal)
                }
                // Not by eco, which would know.
                Some(Signal::KILL) => Self::Killed,
                _ => unclear(format!("was ended by signal {signal}")),
            };
        }
        unclear(format!("ended, with {status}"))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

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
