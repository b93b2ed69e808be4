//! Scripts: plugins whose text is run as it is, by the interpreter of its language.

pub(crate) mod absent;
mod definitions;
pub mod functions;
pub(crate) mod interpreter;
pub(crate) mod language;
pub(crate) mod misspelt;

use crate::cache::hash::Hash;
use language::Language;
use misspelt::Slips;
use std::sync::Arc;

/// A script, as the user wrote it.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its language.
    pub language: Language,
    /// The file's name, without its folders.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Of its text.
    pub(crate) hash: Hash,
    /// What hints are made of.
    pub hints: Arc<Hints>,
}

/// What is looked for in a script's text when it is read, so that hints need not read it again: that takes tenths of a
/// second for one as long as any, and is for no thread that serves.
#[derive(Debug)]
pub struct Hints {
    /// Functions whose names eco nearly has.
    pub slips: Slips,
    /// Whether it speaks of sockets, or of what Python has for them.
    pub speaks_of_sockets: bool,
    /// Whether it speaks of subscribing to topics.
    pub speaks_of_subscribing: bool,
}

impl Script {
    /// Goes through the whole text, and nobody has to again.
    pub fn new(language: Language, name: &str, text: &str) -> Self {
        let has = |word: &str| text.contains(word);
        Self {
            hints: Arc::new(Hints {
                slips: Slips::of(language, text),
                speaks_of_sockets: has("socket") || has("asyncio"),
                speaks_of_subscribing: has("subscribe"),
            }),
            hash: Hash::of(text.as_bytes()),
            language,
            name: name.into(),
            text: text.into(),
        }
    }

    /// The line with which an interpreter's error begins: `upper.js:3`, of `upper.js:3:7: TypeError`.
    pub fn line(&self, error: &str) -> Option<String> {
        let rest = error.strip_prefix(&*self.name)?.strip_prefix(':')?;
        let line: u32 = rest.split(':').next()?.parse().ok()?;
        Some(format!("{}:{line}", self.name))
    }
}
