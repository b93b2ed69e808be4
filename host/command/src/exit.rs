//! How a command ends: its exit code, and what it says.

use std::process::ExitCode;

/// The exit codes of every command. Those from 64 on are those of BSD's `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Success = 0,
    /// The reply was wrong, or didn't come whole.
    Wrong = 1,
    /// What was typed makes no sense, or names a file that can't be read.
    Usage = 64,
    /// The plugin can't be used, or failed.
    Plugin = 65,
    /// Can't connect, or can't listen.
    Unavailable = 69,
    /// eco itself failed.
    Internal = 70,
    /// A signal ended it: 128 and SIGINT's number, as shells have it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An exit code with what to tell the user.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    pub(super) error: anyhow::Error,
}

impl Exit {
    /// Ends with this code, because of `error`.
    pub(super) fn because(self, error: impl Into<anyhow::Error>) -> Failure {
        Failure {
            exit: self,
            error: error.into(),
        }
    }

    /// Ends with this code, and says so.
    pub(super) fn saying(self, text: impl Into<String>) -> Failure {
        self.because(anyhow::Error::msg(text.into()))
    }
}

/// What nobody expected to fail.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Exit::Internal.because(error)
    }
}
