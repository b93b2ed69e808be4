//! Scripts: plugins whose text is run as it is, by the interpreter of its language.

pub(crate) mod absent;
mod definitions;
pub mod functions;
pub(crate) mod languages;
pub(crate) mod misspelt;

use crate::cache::hash::Hash;
use absent::Absent;
use languages::Language;
use misspelt::Slips;
use std::sync::Arc;

/// Bytes of an error that are searched. Its first line names the missing thing; the rest is the script's text, which
/// may be megabytes. Test: `what_an_error_says_late_is_not_looked_at`.
const LOOKED_AT: usize = 4096;

/// A script, as the user wrote it.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its language.
    pub language: Language,
    /// The file's name, without its folders.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// The hash of its text, and of what it sees of its host beside what all hosts show.
    pub(crate) hash: Hash,
    /// The findings that hints are made of.
    pub hints: Arc<Hints>,
}

/// Findings in a script's text, made once, when it is read. Searching the longest scripts takes tenths of a second,
/// which is too long for a thread that serves.
#[derive(Debug)]
pub struct Hints {
    /// Functions with names close to those that eco calls.
    pub slips: Slips,
    /// The thing that the script most likely asked for when the system refuses something to it.
    refused: Absent,
    /// Whether the text has the word `subscribe`.
    pub speaks_of_subscribing: bool,
}

impl Script {
    /// Makes a script, and searches its whole text for hints, once.
    pub fn new(language: Language, name: &str, text: &str) -> Self {
        let has = |word: &str| text.contains(word);
        let speaks_of_sockets = language.spec().sockets.iter().any(|word| has(word));
        Self {
            hints: Arc::new(Hints {
                slips: Slips::of(language, text),
                refused: if speaks_of_sockets {
                    Absent::Sockets
                } else {
                    Absent::Files
                },
                speaks_of_subscribing: has("subscribe"),
            }),
            hash: Hash::of(text.as_bytes()),
            language,
            name: name.into(),
            text: text.into(),
        }
    }

    /// The same script, in a host that shows it `seen` beside what all hosts show. A snapshot of it fits no other host.
    #[must_use]
    pub fn in_host(&self, seen: &str) -> Self {
        let hash = match seen {
            "" => self.hash.clone(),
            seen => Hash::of(format!("{}\n{seen}", self.hash).as_bytes()),
        };
        Self {
            hash,
            ..self.clone()
        }
    }

    /// The missing thing that an error of the interpreter is about. `None` for all other errors.
    pub fn absent(&self, error: &str) -> Option<Absent> {
        let (error, _) = error.split_at(error.floor_char_boundary(LOOKED_AT));
        (self.language.spec().absent)(error, self.hints.refused)
    }

    /// The line with which an interpreter's error begins: `upper.js:3`, of `upper.js:3:7: TypeError`.
    pub fn line(&self, error: &str) -> Option<String> {
        let rest = error.strip_prefix(&*self.name)?.strip_prefix(':')?;
        let line: u32 = rest.split(':').next()?.parse().ok()?;
        Some(format!("{}:{line}", self.name))
    }
}

#[cfg(all(test, feature = "javascript"))]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_says_late_is_not_looked_at() {
        let script = Script::new(Language::JavaScript, "a.js", "");
        let error = "ReferenceError: fetch is not defined";
        let after = |space: usize| script.absent(&("ñ".repeat(space / 2) + error));
        assert_eq!(after(LOOKED_AT - 100), Some(Absent::Network));
        assert_eq!(after(LOOKED_AT), None);
    }
}
