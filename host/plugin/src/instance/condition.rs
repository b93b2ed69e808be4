//! Whether an instance may be called.
//!
//! It owns the rule that a failure ends an instance. It knows nothing of calls.

use crate::error::Error;

/// The condition of an instance. Each call begins by making it dead, and only success makes it alive again. So an
/// instance whose call fails, or is dropped halfway, is dead without anybody's doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It may be called.
    #[default]
    Alive,
    /// The plugin returned an error of its own. It is told of the connection's end, and nothing else.
    Failed,
    /// It is never called again.
    Dead,
}

impl Condition {
    /// Begins a call.
    ///
    /// # Errors
    /// The instance may not be called.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        match std::mem::replace(self, Self::Dead) {
            Self::Alive => Ok(()),
            before @ (Self::Failed | Self::Dead) => {
                *self = before;
                Err(Error::Dead)
            }
        }
    }

    /// Begins the last call. Returns whether the plugin may be called for it.
    pub(crate) fn begin_last(&mut self) -> bool {
        std::mem::replace(self, Self::Dead) != Self::Dead
    }
}
