//! What is known of a plugin that has been loaded, whatever it is for.

use crate::abi::Lifting;
use eco_state::Hearing;

/// Which interface a plugin was loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `handler`: one function.
    Handler,
    /// `session`: the whole connection.
    Session,
    /// `client`.
    Client,
}

pub(crate) struct Loaded {
    pub(crate) name: String,
    /// Counts what its engine has loaded, from 1.
    pub(crate) version: u64,
    pub(crate) interface: Interface,
    /// Which functions of the contract the script defines; `None` for a component, which has them all.
    pub(crate) functions: Option<Vec<String>>,
    /// Bytes of memory that an instance has before its first chunk.
    pub(crate) memory: usize,
    /// Whether it imports nothing at all.
    pub(crate) repeats_itself: bool,
    /// How the bytes come back that its functions return.
    pub(crate) lifting: Lifting,
}

impl Loaded {
    /// Whether it has this function of its interface, by its name in the WIT.
    pub(crate) fn defines(&self, function: &str) -> bool {
        let functions = self.functions.as_ref();
        functions.is_none_or(|functions| functions.iter().any(|name| name == function))
    }

    /// What it hears of its topics, if it exports `events`: a script that has no function for who comes and goes is not told
    /// of that.
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

/// Something that a component needs from its host.
#[derive(Debug, serde::Serialize)]
pub struct Import {
    /// The interface, with its version.
    pub name: String,
    /// Whether eco offers it.
    pub granted: bool,
}
