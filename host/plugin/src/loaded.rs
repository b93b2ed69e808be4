//! Properties of a loaded plugin, in either role.

use crate::abi::Lifting;
use eco_state::Hearing;

/// The interface that a plugin was loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interface {
    /// `handler`: one function.
    Handler,
    /// `session`: the whole connection.
    Session,
    /// `client`: the client's side of dialogues.
    Client,
    /// No interface of eco's: a [program](crate::ProgramSettings), which reads and writes.
    Program,
}

impl Interface {
    /// Its name in the WIT; for a program a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::Session => "session",
            Self::Client => "client",
            Self::Program => "program",
        }
    }
}

pub(crate) struct Loaded {
    pub(crate) name: String,
    /// Its number among the plugins that its engine has loaded, from 1.
    pub(crate) version: u64,
    pub(crate) interface: Interface,
    /// Functions of the contract that the script defines; `None` for a component, which has them all.
    pub(crate) functions: Option<Vec<String>>,
    /// Bytes of memory that an instance has before its first chunk.
    pub(crate) memory: usize,
    /// Whether it imports nothing at all.
    pub(crate) repeats_itself: bool,
    /// The way in which the bytes of its functions come back.
    pub(crate) lifting: Lifting,
}

impl Loaded {
    /// Whether it has this function of its interface, by its name in the WIT.
    pub(crate) fn defines(&self, function: &str) -> bool {
        let functions = self.functions.as_ref();
        functions.is_none_or(|functions| functions.iter().any(|name| name == function))
    }

    /// The events of topics that it hears, if it exports `events`. A script that defines neither `joined` nor `left`
    /// hears nothing of members that come and go.
    pub(crate) fn hearing(&self) -> Hearing {
        if self.defines("joined") || self.defines("left") {
            Hearing::All
        } else if self.defines("message") || self.defines("missed") {
            Hearing::Messages
        } else {
            Hearing::Nothing
        }
    }
}

/// An interface that a component needs from its host.
#[derive(Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Import {
    /// The interface, with its version.
    pub name: String,
    /// Whether eco offers it.
    pub granted: bool,
}
