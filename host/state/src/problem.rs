//! Why something can't be done now.

use super::limits::{Limit, Limits};
use eco_limits::{Limit as _, Value};
use std::fmt;

/// Why something can't be done now: `problem` of `wit/topics.wit` and `wit/store.wit`. Plugins see it, so it has no
/// text: only the log has the errors of the place where state is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is nothing to do it with.
    #[error("unavailable: {0}")]
    Unavailable(Lack),
    /// One thing is larger than it may be.
    #[error("too large: {0}")]
    TooLarge(Limit),
    /// There are as many as there may be.
    #[error("too many: {0}")]
    TooMany(Limit),
    /// The value is no decimal number, or the sum does not fit into 64 bits.
    #[error("not a number")]
    NotANumber,
}

/// The thing that is lacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// The place where state is kept can't be used now.
    Place,
    /// This plugin shares nothing: a client's.
    Part,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Place => "where this is kept can't be used now",
            Self::Part => "only plugins that serve have what is shared",
        })
    }
}

impl Problem {
    /// The place where state is kept can't be used now. The log says why.
    pub const AWAY: Self = Self::Unavailable(Lack::Place);

    /// The limit that was reached, if it was one.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::TooLarge(limit) | Self::TooMany(limit) => Some(*limit),
            Self::Unavailable(_) | Self::NotANumber => None,
        }
    }
}

impl Limit {
    /// Whether one thing of so many bytes is within it.
    ///
    /// # Errors
    /// [`Problem::TooLarge`].
    pub fn admit(self, bytes: usize, limits: &Limits) -> Result<(), Problem> {
        if Value::Size(bytes) > self.get(limits) {
            Err(Problem::TooLarge(self))
        } else {
            Ok(())
        }
    }
}
