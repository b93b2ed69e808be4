//! A plugin in the role of a client: loading it, and starting its dialogues.

use super::dialogue::{Dialogue, Functions};
use crate::abi::{CLIENT, ClientExports};
use crate::engine::Engine;
use crate::error::{Error, LoadError};
use crate::imports::Importer;
use crate::instance::Owner;
use crate::laboratory::Laboratory;
use crate::loaded::{Interface, Loaded};
use crate::loading::{self, Plugin, Role};
use crate::templates::RoleTemplate;
use eco_compile::{Caller, Compiled, Source};
use std::fmt;
use std::sync::Arc;

const ROLE: Role<ClientExports> = Role {
    name: "client plugin",
    importer: Importer::Client,
    expected: "eco:plugin/client@0.1.0 (with start, replied)",
    needs: "start",
    callers: &[Caller::Server],
    find: ClientExports::find,
    interface: |_| (Interface::Client, CLIENT),
    check: |exports, lifting, instance| Functions::find(exports, lifting, instance).map(drop),
};

/// A plugin that holds the client's side of dialogues. Cheap to clone; clones are the same plugin.
#[derive(Clone)]
pub struct ClientPlugin(Arc<Plugin<ClientExports>>);

impl ClientPlugin {
    /// Reads, compiles and checks a plugin, and instantiates it once.
    ///
    /// # Errors
    /// See [`LoadError`]: each variant is one of the checks, in their order.
    ///
    /// # Cancel safety
    /// As [`ServerPlugin::load`](crate::ServerPlugin::load).
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
        let plugin = loading::load(engine, &compiled, &ROLE).await?;
        Ok(Self(Arc::new(plugin)))
    }

    /// Starts a dialogue.
    ///
    /// # Errors
    /// The plugin fails as it starts.
    ///
    /// # Cancel safety
    /// Dropped, it leaves nothing: the instance is gone.
    pub async fn dialogue(&self) -> Result<Dialogue, Error> {
        self.begin(self.0.templates.current(), None).await
    }

    /// As [`dialogue`](Self::dialogue), for one that is held later: a script without a snapshot is evaluated now, and
    /// not at the dialogue's start.
    ///
    /// # Errors
    /// The plugin fails as it starts.
    ///
    /// # Cancel safety
    /// As [`dialogue`](Self::dialogue).
    pub async fn dialogue_ahead(&self) -> Result<Dialogue, Error> {
        let current = self.0.templates.current();
        let mut dialogue = self.begin(current, None).await?;
        let evaluates = current.template.shared.evaluation.is_some();
        if let Some(load) = current.exports.load.as_ref().filter(|_| evaluates) {
            dialogue.evaluate(load).await?;
        }
        Ok(dialogue)
    }

    /// As [`dialogue`](Self::dialogue), in surroundings that the caller holds on to. The engine must be
    /// [a laboratory's](crate::EngineBuilder::laboratory).
    ///
    /// # Errors
    /// The plugin fails as it starts.
    ///
    /// # Cancel safety
    /// As [`dialogue`](Self::dialogue).
    pub async fn dialogue_in(&self, laboratory: &Laboratory) -> Result<Dialogue, Error> {
        self.begin(self.0.templates.current(), Some(laboratory.clone()))
            .await
    }

    async fn begin(
        &self,
        current: &RoleTemplate<ClientExports>,
        laboratory: Option<Laboratory>,
    ) -> Result<Dialogue, Error> {
        let owner = Owner {
            laboratory,
            ..Owner::nobody(&current.template.shared.engine)
        };
        Dialogue::instantiate(current, self.0.loaded.lifting, owner).await
    }

    /// As [`ServerPlugin::settled`](crate::ServerPlugin::settled).
    pub async fn settled(&self) -> bool {
        self.0.templates.settled().await
    }

    /// The name of the built-in, or the path.
    pub fn name(&self) -> &str {
        &self.0.loaded.name
    }

    /// Whether instances with equal input behave equally. Such a plugin imports nothing that could differ between
    /// them, such as a clock.
    pub fn repeats_itself(&self) -> bool {
        self.0.loaded.repeats_itself
    }

    /// Whether it has this function of its interface, by its name in the WIT. A component has them all.
    pub fn defines(&self, function: &str) -> bool {
        self.0.loaded.defines(function)
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        &self.0.loaded
    }
}

impl fmt::Debug for ClientPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientPlugin({})", self.name())
    }
}
