//! Why something can't be done now.

use super::limits::Limit;

/// Why something can't be done now: `problem` of `wit/topics.wit` and `wit/store.wit`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Where state is kept can't be reached, or this plugin has none.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// One thing is larger than it may be.
    #[error("too large: {0}")]
    TooLarge(Limit),
    /// There are as many as there may be.
    #[error("too many: {0}")]
    TooMany(Limit),
    /// What is there is no decimal number, or the sum is none that fits into 64 bits.
    #[error("not a number")]
    NotANumber,
}

impl Problem {
    /// The limit that was reached, if it was one.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::TooLarge(limit) | Self::TooMany(limit) => Some(*limit),
            Self::Unavailable(_) | Self::NotANumber => None,
        }
    }
}
