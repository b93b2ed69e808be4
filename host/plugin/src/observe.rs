//! Observation: the events of an engine as values, for the program that embeds it.
//!
//! It owns the events. The observer is asked for with [`EngineBuilder::observe`](crate::EngineBuilder::observe). Who asks
//! for none pays one comparison for a call.

use crate::error::{Error, LoadError};
use crate::participation::event::CalledFor;
use crate::plugin_log::Level;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// An event of an engine. Kinds and fields may come to it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EngineEvent<'a> {
    /// A call of a plugin is over. A call whose future was dropped is not told, nor one for which the plugin wasn't
    /// called, since its instance is dead, could not be made, or has no such function.
    #[non_exhaustive]
    Called {
        /// The plugin: the name of the built-in, or the path.
        plugin: &'a str,
        /// See [`ServerPlugin::version`](crate::ServerPlugin::version). `None` while the plugin is loaded.
        version: Option<u64>,
        /// The number of the connection, as its server counts from 1; 0 where there is none. Each server counts by
        /// itself.
        connection: u64,
        /// The function, by its name in the WIT: `receive`, say.
        function: &'static str,
        /// What it was called for, if the function is `event`.
        event: Option<CalledFor<'a>>,
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
        plugin: &'a str,
        /// As in [`Called`](Self::Called).
        version: Option<u64>,
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

/// Which calls an observer is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservedCalls {
    /// All of them. Each reads the clock twice.
    All,
    /// Those for events alone, and not those for what a peer does: of these whoever observes the stream is told.
    ForEvents,
}

type Tell = Box<dyn Fn(&EngineEvent<'_>) + Send + Sync>;

struct Observer {
    tell: Tell,
    calls: ObservedCalls,
    /// Whether it listens; `None` where it always does.
    listens: Option<Arc<AtomicBool>>,
}

impl Observer {
    fn listens(&self) -> bool {
        let flag = self.listens.as_ref();
        flag.is_none_or(|flag| flag.load(Ordering::Relaxed))
    }

    fn is_told_of(&self, event: &EngineEvent<'_>) -> bool {
        let is_for_peer = matches!(event, EngineEvent::Called { event: None, .. });
        self.calls == ObservedCalls::All || !is_for_peer
    }
}

/// All who observe an engine.
#[derive(Default)]
pub(crate) struct Observers(Vec<Observer>);

impl Observers {
    pub(crate) fn add(
        &mut self,
        tell: Tell,
        calls: ObservedCalls,
        listens: Option<Arc<AtomicBool>>,
    ) {
        self.0.push(Observer {
            tell,
            calls,
            listens,
        });
    }

    /// Whether one of them listens now to all calls.
    pub(crate) fn listen_to_all_calls(&self) -> bool {
        let mut all = self.0.iter().filter(|it| it.calls == ObservedCalls::All);
        all.any(Observer::listens)
    }

    /// Whether one of them listens now.
    pub(crate) fn listen(&self) -> bool {
        self.0.iter().any(Observer::listens)
    }

    /// Tells each who listens of an event. A panic of one is its own.
    pub(crate) fn tell(&self, event: &EngineEvent<'_>) {
        let told = |observer: &&Observer| observer.listens() && observer.is_told_of(event);
        for observer in self.0.iter().filter(told) {
            let _ = catch_unwind(AssertUnwindSafe(|| (observer.tell)(event)));
        }
    }

    /// Them, if there are any.
    pub(crate) fn some(self) -> Option<Arc<Self>> {
        (!self.0.is_empty()).then(|| Arc::new(self))
    }
}
