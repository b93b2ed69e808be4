//! What those who observe the engine are told of an instance: its calls and its lines.

use super::state::{InstanceState, PluginShared};
use crate::error::Error;
use crate::observe::EngineEvent;
use crate::plugin_log::OnLine;
use std::time::{Duration, Instant};

/// A call that the observer of an engine is told of.
pub(crate) struct Watch {
    function: &'static str,
    began: Instant,
    /// Processor time of the calls before it.
    total: Duration,
}

impl PluginShared {
    /// Tells those who observe the engine of a connection's lines.
    pub(super) fn on_line(&self, connection: u64) -> Option<OnLine> {
        let observers = self.engine.observers.clone()?;
        let (name, version) = (self.name.clone(), self.version.clone());
        Some(Box::new(move |level, line| {
            observers.tell(&EngineEvent::Said {
                plugin: &name,
                version: version.get().copied(),
                connection,
                level,
                line,
            });
        }))
    }
}

impl InstanceState {
    /// Begins to watch a call of this function, if somebody counts calls or observes the engine.
    pub(crate) fn watch(&self, function: &'static str) -> Option<Watch> {
        let watches = self.engine.watches_calls();
        watches.then(|| Watch {
            function,
            began: Instant::now(),
            total: self.meter.total(),
        })
    }

    /// Counts a call that is over, and tells the observer of it.
    pub(crate) fn watched<T>(&self, watch: Option<Watch>, result: &Result<T, Error>) {
        if let Some(watch) = watch {
            let cpu = self.meter.total().saturating_sub(watch.total);
            self.tell(&watch, cpu, watch.began.elapsed(), result);
        }
    }

    /// As [`watched`](Self::watched), for a direct call, which the meter doesn't see. It never waits.
    pub(crate) fn watched_direct<T>(&self, watch: Option<Watch>, result: &Result<T, Error>) {
        if let Some(watch) = watch {
            let clock = watch.began.elapsed();
            self.tell(&watch, clock, clock, result);
        }
    }

    fn tell<T>(&self, watch: &Watch, cpu: Duration, clock: Duration, result: &Result<T, Error>) {
        // A dead instance was not called.
        if matches!(result, Err(Error::Dead)) {
            return;
        }
        self.engine.figures.called(watch.function, cpu, clock);
        if let Err(error) = result {
            self.engine.figures.failed(error);
        }
        if let (Some(observers), Some((name, version))) = (&self.engine.observers, &self.plugin) {
            observers.tell(&EngineEvent::Called {
                plugin: name,
                version: version.get().copied(),
                connection: self.participation.connection,
                function: watch.function,
                cpu,
                clock,
                result: result.as_ref().map(drop),
            });
        }
    }
}
