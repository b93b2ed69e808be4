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
use crate::program::{self, Program};
use crate::stdio::ProgramSettings;
use eco_compile::{Caller, Code, Compiled, Source, Target};
use std::fmt;
use std::sync::Arc;

const ROLE: Role<ServerExports> = Role {
    name: "server plugin",
    importer: Importer::Server,
    expected: "eco:plugin/handler@0.1.0 (with receive) or eco:plugin/session@0.1.0 (with open, receive, end-of-input, closed); or, for a program, wasi:cli/run@0.2.0 (with run)",
    needs: "receive",
    callers: &[Caller::Peer, Caller::Topic],
    find: ServerExports::find,
    interface: |exports| match exports {
        ServerExports::Handler { .. } => (Interface::Handler, HANDLER),
        ServerExports::Session { .. } => (Interface::Session, SESSION),
    },
    check: |exports, lifting, instance| Functions::find(exports, lifting, instance).map(drop),
};

/// A plugin that serves connections, or a [program](ProgramSettings) that does. Cheap to clone; clones are the same plugin.
#[derive(Clone)]
pub struct ServerPlugin(pub(super) Arc<Server>);

pub(super) enum Server {
    Plugin(Box<Handler>),
    Program(Arc<Program>),
}

/// One that exports an interface of eco's.
pub(super) struct Handler {
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
    /// is found here and not at the first connection. A component that is both a plugin and a program is the former.
    ///
    /// # Errors
    /// See [`LoadError`]: each variant is one of the checks, in their order.
    ///
    /// # Cancel safety
    /// Dropped, it leaves nothing but compiled code, which the next load of the same plugin may use.
    pub async fn load(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        Self::load_with(engine, source, &ProgramSettings::default()).await
    }

    /// As [`load`](Self::load), with these settings if it is a program. A plugin has no use for them.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn load_with(
        engine: &Engine,
        source: Source,
        settings: &ProgramSettings,
    ) -> Result<Self, LoadError> {
        let load = |compiled| Self::from_compiled(engine, compiled, settings);
        Self::watched(engine, source, load).await
    }

    /// As [`load_with`](Self::load_with), of what is a program, whatever else it may be.
    ///
    /// # Errors
    /// As there; or it is no program.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn load_program(
        engine: &Engine,
        source: Source,
        settings: &ProgramSettings,
    ) -> Result<Self, LoadError> {
        let load = |compiled| Self::program(engine, compiled, settings);
        Self::watched(engine, source, load).await
    }

    async fn watched<F>(
        engine: &Engine,
        source: Source,
        load: impl Fn(Compiled) -> F,
    ) -> Result<Self, LoadError>
    where
        F: Future<Output = Result<Self, LoadError>>,
    {
        let watch = engine.0.watch_load(&source);
        let loaded = loading::compile_and_load(engine, source, load).await;
        engine.0.watched_load(watch, &loaded, Self::loaded);
        loaded
    }

    /// Runs the checks that come after compiling.
    pub(crate) async fn from_compiled(
        engine: &Engine,
        compiled: Compiled,
        settings: &ProgramSettings,
    ) -> Result<Self, LoadError> {
        let is_plugin = match &compiled.code {
            Code::Component(component) => ServerExports::find(component).is_some(),
            Code::Module(_) => false,
        };
        if !is_plugin && program::is_program(&compiled.code) {
            return Self::program(engine, compiled, settings).await;
        }
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
        Ok(Self(Arc::new(Server::Plugin(Box::new(Handler {
            plugin,
            instantiated,
            direct,
        })))))
    }

    /// As [`from_compiled`](Self::from_compiled), for what has to be a program.
    pub(crate) async fn program(
        engine: &Engine,
        compiled: Compiled,
        settings: &ProgramSettings,
    ) -> Result<Self, LoadError> {
        let program = program::load(engine, &compiled, settings).await?;
        Ok(Self(Arc::new(Server::Program(Arc::new(program)))))
    }

    /// Waits until the last template of a script's instances is known. Returns whether it is a snapshot of an
    /// instance that has evaluated the script. It is known at once for other plugins, and for native code without a
    /// snapshot.
    ///
    /// # Cancel safety
    /// Dropped, it leaves no trace: the work goes on.
    pub async fn settled(&self) -> bool {
        match &*self.0 {
            Server::Plugin(handler) => handler.plugin.templates.settled().await,
            Server::Program(_) => false,
        }
    }

    /// Whether its instances run in native code. A script's don't, until its interpreter is compiled.
    pub fn is_native(&self) -> bool {
        match &*self.0 {
            Server::Plugin(handler) => {
                handler.plugin.templates.current().template.target == Target::Native
            }
            Server::Program(_) => true,
        }
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
        match &*self.0 {
            Server::Plugin(handler) => handler.direct.is_none(),
            Server::Program(_) => true,
        }
    }

    /// Whether an instance has nothing to do before the first chunk.
    pub(super) fn only_receives(&self) -> bool {
        match &*self.0 {
            Server::Plugin(handler) => handler.instantiated == Instantiated::WithFirstChunk,
            Server::Program(_) => false,
        }
    }

    /// Whether it is a program, which is told of its connection by variables.
    pub(super) fn is_program(&self) -> bool {
        matches!(&*self.0, Server::Program(_))
    }

    pub(super) fn engine(&self) -> &EngineState {
        match &*self.0 {
            Server::Plugin(handler) => &handler.plugin.templates.current().template.shared.engine,
            Server::Program(program) => program.engine(),
        }
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        match &*self.0 {
            Server::Plugin(handler) => &handler.plugin.loaded,
            Server::Program(program) => &program.loaded,
        }
    }
}

impl fmt::Debug for ServerPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerPlugin({}, {:?})", self.name(), self.interface())
    }
}
