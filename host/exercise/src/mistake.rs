//! A mistake in an exercise: its place and its words.

use eco_text::escape;
use std::fmt;
use std::path::PathBuf;

/// A mistake in an exercise, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    /// The file.
    pub file: PathBuf,
    /// Counted from 1, if it has a place.
    pub line: Option<usize>,
    /// The mistake, and how to mend it.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", escape::path(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)
    }
}
