//! What an import is.

use super::host_calls::HostCalls;
use crate::evaluation::Evaluation;
use crate::laboratory::{Laboratory, World};
use crate::plugin_log::PluginLog;
use eco_compile::Script;
use std::sync::Arc;
use wasmtime::component::Linker;

/// Who imports. Each may import what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Importer {
    /// A plugin that is a client.
    Client,
    /// A plugin that serves.
    Server,
    /// One of eco's interpreters, for a script of either kind.
    Interpreter,
}

/// The surroundings of a new instance, of which imports make their state.
pub(crate) struct Setup<'a> {
    /// The script, where the plugin is one.
    pub(crate) script: Option<&'a Arc<Script>>,
    /// Where the instance is judged, if it is.
    pub(crate) laboratory: Option<&'a Laboratory>,
    /// There where it evaluates its script, and is not judged.
    pub(crate) evaluation: Option<Arc<Evaluation>>,
    pub(crate) log: Arc<PluginLog>,
}

/// Functions that eco offers to plugins: an interface of `wit/`, with all that stands behind it.
pub(crate) trait Import {
    /// The interface with its version; a person reads it too.
    const NAME: &str;
    /// Who may import it, with those that may more.
    const TO: Importer;
    /// What it keeps for one instance.
    type State: Send;

    /// Whether it has the interface of this name.
    fn has(name: &str) -> bool {
        name == Self::NAME
    }

    /// The state for a new instance.
    fn state(setup: &Setup<'_>) -> Self::State;

    /// Defines its functions. `own` finds its state in that of an instance.
    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        own: fn(&mut T) -> &mut Self::State,
        world: World,
    ) -> wasmtime::Result<()>;
}
