//! A plugin in the role of a server: loading it.

use super::component::Functions;
use super::direct::DirectTemplate;
use crate::abi::{HANDLER, SESSION, ServerExports};
use crate::engine::Engine;
use crate::engine_state::EngineState;
use crate::error::LoadError;
use crate::imports::Importer;
use crate::loaded::{Interface, Loaded};
use crate::loading::{self, Plugin, Role};
use eco_compile::{Caller, Compiled, Source, Target};
use std::fmt;
use std::sync::Arc;

const ROLE: Role<ServerExports> = Role {
    name: "server plugin",
    importer: Importer::Server,
    expected: "eco:plugin/handler@0.1.0 (with receive) or eco:plugin/session@0.1.0 (with open, receive, end-of-input, closed)",
    needs: "receive",
    callers: &[Caller::Peer, Caller::Topic],
    find: ServerExports::find,
    interface: |exports| match exports {
        ServerExports::Handler { .. } => (Interface::Handler, HANDLER),
        ServerExports::Session { .. } => (Interface::Session, SESSION),
    },
    check: |exports, lifting, instance| Functions::find(exports, lifting, instance).map(drop),
};

/// A plugin that serves connections. Cheap to clone; clones are the same plugin.
#[derive(Clone)]
pub struct ServerPlugin(pub(super) Arc<Server>);

pub(super) struct Server {
    pub(super) plugin: Plugin<ServerExports>,
    pub(super) instantiated: Instantiated,
    /// Makes its instances, where they are called directly.
    pub(super) direct: Option<DirectTemplate>,
}

/// The moment at which the instance of a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instantiated {
    /// At once, since the plugin is called when the connection opens.
    WithConnection,
    /// At the first chunk, since the plugin does nothing but receive. A connection that never sends anything costs no
    /// plugin memory.
    WithFirstChunk,
}

impl ServerPlugin {
    /// Reads, compiles and checks a plugin, and instantiates it once, so that one that can't work
    /// is found here and not at the first connection.
    ///
    /// # Errors
    /// See [`LoadError`]: each variant is one of the checks, in their order.
    ///
    /// # Cancel safety
    /// Dropped, it leaves nothing but compiled code, which the next load of the same plugin may use.
    pub async fn load(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let load = |compiled| Self::from_compiled(engine, compiled);
        let watch = engine.0.watch_load(&source);
        let loaded = loading::compile_and_load(engine, source, load).await;
        engine.0.watched_load(watch, &loaded, Self::loaded);
        loaded
    }

    /// Runs the checks that come after compiling.
    pub(crate) async fn from_compiled(
        engine: &Engine,
        compiled: Compiled,
    ) -> Result<Self, LoadError> {
        let direct = DirectTemplate::of(engine, &compiled)?;
        let plugin = loading::load(engine, &compiled, &ROLE).await?;
        let only_receives = match &plugin.loaded.functions {
            Some(functions) => *functions == ["receive"],
            None => plugin.loaded.interface == Interface::Handler,
        };
        let instantiated = if only_receives {
            Instantiated::WithFirstChunk
        } else {
            Instantiated::WithConnection
        };
        Ok(Self(Arc::new(Server {
            plugin,
            instantiated,
            direct,
        })))
    }

    /// Waits until the last template of a script's instances is known. Returns whether it is a snapshot of an
    /// instance that has evaluated the script. It is known at once for other plugins, and for native code without a
    /// snapshot.
    ///
    /// # Cancel safety
    /// Dropped, it leaves no trace: the work goes on.
    pub async fn settled(&self) -> bool {
        self.0.plugin.templates.settled().await
    }

    /// Whether its instances run in native code. A script's don't, until its interpreter is compiled.
    pub fn is_native(&self) -> bool {
        self.0.plugin.templates.current().template.target == Target::Native
    }

    /// The name of the built-in, or the path.
    pub fn name(&self) -> &str {
        &self.loaded().name
    }

    /// Its number among the plugins that its engine has loaded, from 1. A server that loads its plugin anew tells the
    /// versions apart by it.
    pub fn version(&self) -> u64 {
        self.loaded().version
    }

    /// Whether it has this function of its interface, by its name in the WIT. A component has them all.
    pub fn defines(&self, function: &str) -> bool {
        self.loaded().defines(function)
    }

    /// The interface that the plugin was loaded for.
    pub fn interface(&self) -> Interface {
        self.loaded().interface
    }

    /// Whether the time of its calls counts against the peer. Direct calls don't count, since they are over at once.
    pub(super) fn counts_time(&self) -> bool {
        self.0.direct.is_none()
    }

    pub(super) fn engine(&self) -> &EngineState {
        &self.0.plugin.templates.current().template.shared.engine
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        &self.0.plugin.loaded
    }
}

impl fmt::Debug for ServerPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerPlugin({}, {:?})", self.name(), self.interface())
    }
}
