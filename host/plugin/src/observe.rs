//! Observation: the events of an engine as values, for the program that embeds it.
//!
//! It owns the events. The observer is asked for with [`EngineBuilder::observe`](crate::EngineBuilder::observe). Who asks
//! for none pays one comparison for a call.

use crate::error::{Error, LoadError};
use crate::plugin_log::{Level, Listener};
use std::time::Duration;

/// An event of an engine. Kinds and fields may come to it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EngineEvent<'a> {
    /// A call of a plugin is over. A call whose future was dropped is not told, nor one for which the plugin wasn't
    /// called, since its instance is dead or has no such function.
    #[non_exhaustive]
    Called {
        /// The number of the connection, as its server counts from 1; 0 where there is none.
        connection: u64,
        /// The function, by its name in the WIT: `receive`, say.
        function: &'static str,
        /// Processor time of the plugin. Where it is less than 10 ms, it is measured by the wall clock.
        cpu: Duration,
        /// Time by the wall clock, with all that the call waited for.
        clock: Duration,
        /// The error, if it failed.
        result: Result<(), &'a Error>,
    },
    /// A plugin said a line: by the import `log`, or on its standard output or error. The log has it too.
    #[non_exhaustive]
    Said {
        /// As in [`Called`](Self::Called).
        connection: u64,
        /// How much it matters.
        level: Level,
        /// The line as the log has it: in quotes, escaped, and cut where it is long.
        line: &'a str,
    },
    /// A plugin was loaded. A server that loads its plugin anew is told apart by the versions.
    #[non_exhaustive]
    Loaded {
        /// The name of the built-in, or the path.
        name: &'a str,
        /// See [`ServerPlugin::version`](crate::ServerPlugin::version).
        version: u64,
        /// Time by the wall clock, from reading to the last check.
        clock: Duration,
    },
    /// A plugin could not be loaded.
    #[non_exhaustive]
    LoadFailed {
        /// The name of the built-in, or the path.
        name: &'a str,
        /// The reason.
        error: &'a LoadError,
        /// Time by the wall clock.
        clock: Duration,
    },
}

/// The observer of an engine.
pub(crate) struct Observer(Box<dyn Fn(&EngineEvent<'_>) + Send + Sync>);

impl Observer {
    pub(crate) fn new(observe: impl Fn(&EngineEvent<'_>) + Send + Sync + 'static) -> Self {
        Self(Box::new(observe))
    }

    /// Tells of an event.
    pub(crate) fn tell(&self, event: &EngineEvent<'_>) {
        (self.0)(event);
    }
}

impl Listener for Observer {
    fn said(&self, connection: u64, level: Level, line: &str) {
        self.tell(&EngineEvent::Said {
            connection,
            level,
            line,
        });
    }
}
