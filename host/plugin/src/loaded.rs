//! A plugin that has been loaded and can be run.

use super::abi::{CLIENT, Exports, HANDLER, SESSION};
use super::engine::Shared;
use super::guard::Spent;
use super::sandbox::State;
use super::script::Script;
use super::straight;
use std::fmt;
use std::sync::Arc;
use wasmtime::component::InstancePre;

/// What a plugin is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Serving connections.
    Server,
    /// Holding the client's side of a dialogue.
    Client,
}

/// Which interface a plugin was loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `handler`: one function.
    Handler,
    /// `session`: the whole connection.
    Session,
    /// `client`.
    Client,
}

impl Kind {
    pub(super) fn interface(self) -> &'static str {
        match self {
            Self::Handler => HANDLER,
            Self::Session => SESSION,
            Self::Client => CLIENT,
        }
    }
}

/// When the instance of a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Starts {
    /// At once, since the plugin has a say from the beginning.
    WithConnection,
    /// When there is a chunk to receive, since that is all that the plugin does. A connection that
    /// never says anything costs no plugin memory.
    WithFirstChunk,
}

/// A plugin that can be run. Cheap to clone; clones are the same plugin.
#[derive(Clone)]
pub struct Plugin(pub(super) Arc<Loaded>);

pub(super) struct Loaded {
    pub(super) name: String,
    /// Counts what its engine has loaded, from 1.
    pub(super) version: u64,
    pub(super) engine: Arc<Shared>,
    pub(super) kind: Kind,
    pub(super) exports: Exports,
    /// When the instance of a connection is made.
    pub(super) starts: Starts,
    /// The script, where the component is its interpreter.
    pub(super) script: Option<Arc<Script>>,
    /// Which functions of the contract the script defines.
    pub(super) functions: Vec<String>,
    /// Bytes of memory that an instance has before its first chunk.
    pub(super) memory: usize,
    /// Bytes that the host holds for each instance beside its memory and its tables.
    pub(super) held: usize,
    /// Whether so much is copied for each instance that its start takes long.
    pub(super) starts_slowly: bool,
    /// What its calls have had of the processors.
    pub(super) spent: Arc<Spent>,
    /// Whether it imports nothing at all.
    pub(super) repeats_itself: bool,
    /// Whether what its functions return must be copied before the host may look at it.
    pub(super) post_return: bool,
    pub(super) ready: InstancePre<State>,
    /// The module by itself, where that is all there is to call.
    pub(super) straight: Option<Arc<straight::Compiled>>,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plugin({}, {:?})", self.0.name, self.0.kind)
    }
}

impl Plugin {
    /// The name of the built-in, or the path.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its number among the plugins that its engine has loaded, from 1. A server that loads its plugin anew
    /// tells the versions by it.
    pub fn version(&self) -> u64 {
        self.0.version
    }

    /// Whether two instances that are told the same do the same: it imports nothing that could
    /// differ from one to the other, such as a clock.
    pub fn repeats_itself(&self) -> bool {
        self.0.repeats_itself
    }

    /// Whether it has this function of its interface, by its name in the WIT. A component has them all.
    pub fn defines(&self, function: &str) -> bool {
        let functions = &self.0.functions;
        self.0.script.is_none() || functions.iter().any(|name| name == function)
    }

    /// Which interface is used.
    pub fn kind(&self) -> Kind {
        self.0.kind
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
