//! Things that scripts use elsewhere and eco doesn't have: sockets, files, packages. An error about one of them is
//! shown with eco's replacement for it.
//!
//! It owns the words for the replacements. Each language recognizes the errors of its own interpreter.

use std::fmt;

/// A thing that scripts look for and eco doesn't have. Its text names eco's replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absent {
    /// Sockets of a server.
    Sockets,
    /// Other files of code.
    Packages,
    /// Files of data, and the environment.
    Files,
    /// Connections of a client.
    Network,
    /// Threads and processes.
    Threads,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sockets => {
                "eco has the sockets: it listens, accepts and reads, and calls receive(chunk) for what comes; return what is to be sent."
            }
            Self::Packages => {
                "A plugin is one file, without packages or other modules: put what you need into it."
            }
            Self::Files => {
                "A plugin has no files and no environment: put what you need into the script, or into the store."
            }
            Self::Network => {
                "A plugin has no network of its own: it answers those who connect to eco. A client plugin says what eco sends, and where the reply ends."
            }
            Self::Threads => {
                "A plugin has no threads and no processes: eco runs an instance for each connection."
            }
        })
    }
}

/// The text that stands between two others.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
