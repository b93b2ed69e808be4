//! A plugin in the role of a server: loading it, and its sessions.

use super::component;
use super::direct::Module;
use crate::abi::{HANDLER, SESSION, ServerExports};
use crate::engine::{Engine, EngineState};
use crate::error::LoadError;
use crate::imports::Importer;
use crate::loaded::{Interface, Loaded};
use crate::loading::{self, Role, Way};
use crate::templates::{Start, Starts};
use eco_compile::Caller;
use eco_compile::Source;
use eco_compile::{Compiled, Target};
use std::fmt;
use std::sync::Arc;

const ROLE: Role = Role {
    name: "server plugin",
    importer: Importer::Server,
    expected: "eco:plugin/handler@0.1.0 (with receive) or eco:plugin/session@0.1.0 (with open, receive, end-of-input, closed)",
    needs: "receive",
    callers: &[Caller::Peer, Caller::Topic],
};

/// A plugin that serves connections. Cheap to clone; clones are the same plugin.
#[derive(Clone)]
pub struct ServerPlugin(pub(super) Arc<Server>);

pub(super) struct Server {
    pub(super) loaded: Loaded,
    pub(super) starts: Starts<ServerExports>,
    pub(super) instantiated: Instantiated,
    /// The module by itself, where that is all there is to call.
    pub(super) direct: Option<Module>,
}

/// When the instance of a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instantiated {
    /// At once, since the plugin has a say from the beginning.
    WithConnection,
    /// When there is a chunk to receive, since that is all that the plugin does. A connection that
    /// never says anything costs no plugin memory.
    WithFirstChunk,
}

impl ServerPlugin {
    /// Reads, compiles and checks a plugin, and instantiates it once, so that one that can't work
    /// is found here and not at the first connection.
    ///
    /// # Errors
    /// See [`LoadError`]: each variant is one of the checks, in their order.
    pub async fn load(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let load = |compiled| Self::from_compiled(engine, compiled);
        loading::compile_and_load(engine, source, load).await
    }

    /// The checks that come after compiling.
    pub(crate) async fn from_compiled(
        engine: &Engine,
        compiled: Compiled,
    ) -> Result<Self, LoadError> {
        let exports = ServerExports::find(&compiled.component)
            .ok_or_else(|| ROLE.not_exported(&compiled.component))?;
        let (interface, direct) = match exports {
            ServerExports::Handler { .. } => {
                ((Interface::Handler, HANDLER), compiled.direct.as_ref())
            }
            ServerExports::Session { .. } => ((Interface::Session, SESSION), None),
        };
        let direct = direct.map(|(module, names)| Module::new(&engine.0, module, names.clone()));
        let direct = direct.transpose().map_err(LoadError::Internal)?;
        let way = match direct {
            Some(_) => Way::Direct,
            None => Way::Component,
        };
        let post_return = compiled.post_return;
        let tried = loading::load(engine, &compiled, &ROLE, interface, way, |instance| {
            component::check(&exports, post_return, instance)
        })
        .await?;
        let loaded = tried.loaded;
        let only_receives = match &loaded.functions {
            Some(functions) => *functions == ["receive"],
            None => loaded.interface == Interface::Handler,
        };
        let instantiated = if only_receives {
            Instantiated::WithFirstChunk
        } else {
            Instantiated::WithConnection
        };
        let template = tried.template;
        let plain = Start { template, exports };
        Ok(Self(Arc::new(Server {
            loaded,
            starts: Starts::new(plain, tried.snapshot, ServerExports::find),
            instantiated,
            direct,
        })))
    }

    /// Waits until it is known what the instances of a script start from: whether that is a snapshot of one that
    /// has evaluated it. At once for other plugins, and where the engine takes none.
    pub async fn settled(&self) -> bool {
        self.0.starts.settled().await
    }

    /// Whether its instances run in this machine's code: not while a script's interpreter has yet to be compiled.
    pub fn is_native(&self) -> bool {
        self.0.starts.current().template.target == Target::Native
    }

    /// The name of the built-in, or the path.
    pub fn name(&self) -> &str {
        &self.0.loaded.name
    }

    /// Its number among the plugins that its engine has loaded, from 1. A server that loads its plugin anew
    /// tells the versions by it.
    pub fn version(&self) -> u64 {
        self.0.loaded.version
    }

    /// Whether it has this function of its interface, by its name in the WIT. A component has them all.
    pub fn defines(&self, function: &str) -> bool {
        self.0.loaded.defines(function)
    }

    /// Which interface is used.
    pub fn interface(&self) -> Interface {
        self.0.loaded.interface
    }

    pub(super) fn engine(&self) -> &EngineState {
        &self.0.starts.current().template.shared.engine
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        &self.0.loaded
    }
}

impl fmt::Debug for ServerPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerPlugin({}, {:?})", self.name(), self.interface())
    }
}
