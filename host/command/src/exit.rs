//! How a command ends: its exit code, and its message.

use std::process::ExitCode;

/// The exit codes of every command. Those from 64 on are those of BSD's `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Success = 0,
    /// A reply was wrong or incomplete, or a case failed.
    Wrong = 1,
    /// The command line makes no sense, or names a file that can't be read.
    Usage = 64,
    /// The plugin can't be used, or failed.
    Plugin = 65,
    /// eco can't connect or listen, or a tool is missing.
    Unavailable = 69,
    /// eco itself failed.
    Internal = 70,
    /// A signal ended the command. As in shells, the code is 128 plus the number of SIGINT.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An exit code, with the error to show.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    pub(super) error: anyhow::Error,
}

impl Exit {
    /// A failure with this code and error.
    pub(super) fn because(self, error: impl Into<anyhow::Error>) -> Failure {
        Failure {
            exit: self,
            error: error.into(),
        }
    }

    /// A failure with this code and message.
    pub(super) fn saying(self, text: impl Into<String>) -> Failure {
        self.because(anyhow::Error::msg(text.into()))
    }
}

/// Errors without a code of their own are internal.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Exit::Internal.because(error)
    }
}
