//! The trait of imports, and the kinds of importers.

use super::host_calls::HostCalls;
use super::host_functions::ScriptImports;
use super::peer_details::PeerDetails;
use crate::evaluation::Evaluation;
use crate::laboratory::{Laboratory, World};
use crate::plugin_log::PluginLog;
use crate::stdio::Stdio;
use eco_compile::Script;
use std::sync::Arc;
use wasmtime::component::Linker;

/// A kind of importer. Each kind may import everything that the kinds before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Importer {
    /// A plugin that is a client.
    Client,
    /// A plugin that serves.
    Server,
    /// One of eco's interpreters, for a script of either kind.
    Interpreter,
}

/// The surroundings of a new instance. Imports make their state from them.
pub(crate) struct Setup<'a> {
    /// The script, where the plugin is one.
    pub(crate) script: Option<&'a Arc<Script>>,
    /// The laboratory that the instance is judged in, if any.
    pub(crate) laboratory: Option<&'a Laboratory>,
    /// The script's evaluation, if the instance evaluates it and is not judged.
    pub(crate) evaluation: Option<Arc<Evaluation>>,
    /// The embedder's functions, for a script.
    pub(crate) script_imports: &'a ScriptImports,
    pub(crate) log: Arc<PluginLog>,
    /// What is known of the peer; `None` for nothing.
    pub(crate) peer_details: Option<&'a Arc<PeerDetails>>,
    /// What a program has of the world.
    pub(crate) stdio: Option<&'a Stdio>,
}

/// An interface of `wit/` that eco offers to plugins, with its implementation.
pub(crate) trait Import {
    /// The interface with its version. Messages show it too.
    const NAME: &str;
    /// The first kind of importer that may import it. Later kinds may too.
    const TO: Importer;
    /// Its state for one instance.
    type State: Send;

    /// Whether the import includes the interface of this name.
    fn has(name: &str) -> bool {
        name == Self::NAME
    }

    /// Creates the state for a new instance.
    fn state(setup: &Setup<'_>) -> Self::State;

    /// Defines its functions. `own` finds its state in that of an instance.
    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        own: fn(&mut T) -> &mut Self::State,
        world: World,
    ) -> wasmtime::Result<()>;
}
