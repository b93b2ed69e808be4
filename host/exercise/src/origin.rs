//! Where an exercise was read from, as reports say it.

use super::files::Files;
use std::fmt;

/// The origin of an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It is shipped with eco.
    Eco,
    /// It lies in a folder.
    Folder,
}

impl From<&Files> for Origin {
    fn from(files: &Files) -> Self {
        match files {
            Files::Shipped(..) => Self::Eco,
            Files::Folder(_) => Self::Folder,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eco => "eco's own",
            Self::Folder => "from a folder",
        })
    }
}
