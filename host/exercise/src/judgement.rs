//! What became of a case. It must not know how it was found out.

use super::failure::Failure;
use super::verdict::Verdict;

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// How it ended.
    pub verdict: Verdict,
    /// More about it, unless it passed or never ran.
    pub failure: Option<Box<Failure>>,
    /// The fuel that the hungriest connection of all runs has used.
    pub fuel: u64,
}

impl Judgement {
    /// Of a plugin that can't be run at all.
    pub fn unrun(verdict: Verdict) -> Self {
        Self {
            verdict,
            failure: None,
            fuel: 0,
        }
    }

    /// Of runs that ended with this failure, or with none.
    pub(super) fn of(failure: Option<Failure>, fuel: u64) -> Self {
        Self {
            verdict: match &failure {
                Some(failure) => failure.verdict.clone(),
                None => Verdict::Passed,
            },
            failure: failure.map(Box::new),
            fuel,
        }
    }

    /// Whether the plugin did everything right.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }

    /// Whether nothing can be said of the plugin, since something else failed.
    pub fn is_internal(&self) -> bool {
        matches!(self.verdict, Verdict::Internal(_))
    }
}
