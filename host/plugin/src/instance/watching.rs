//! What those who observe the engine are told of an instance: its calls and its lines.

use super::state::{InstanceState, PluginShared};
use super::watch::{DirectCalls, DirectWatch, UNTIMED, Watch};
use crate::error::Error;
use crate::observe::EngineEvent;
use crate::participation::event::Happening;
use crate::plugin_log::OnLine;
use std::time::{Duration, Instant};

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
        let observed = self.engine.is_observed();
        let watches = observed || self.engine.figures.count_calls();
        watches.then(|| Watch {
            function,
            began: Instant::now(),
            total: self.meter.total(),
            observed,
            happening: None,
        })
    }

    /// Counts a call that is over, and tells the observer of it.
    pub(crate) fn watched<T>(&self, watch: Option<Watch>, result: &Result<T, Error>) {
        if let Some(watch) = watch {
            let cpu = self.meter.total().saturating_sub(watch.total);
            self.tell(&watch, cpu, watch.began.elapsed(), result);
        }
    }

    /// As [`watch`](Self::watch), for a direct call. Without an observer only some are timed.
    pub(crate) fn watch_direct(
        &self,
        function: &'static str,
        calls: &DirectCalls,
    ) -> Option<DirectWatch> {
        if calls.untimed > 0 && !self.engine.is_observed() {
            return Some(DirectWatch::Untimed { function });
        }
        self.watch(function).map(DirectWatch::Timed)
    }

    /// As [`watched`](Self::watched), for a direct call, which the meter doesn't see. It never waits.
    pub(crate) fn watched_direct<T>(
        &self,
        watch: Option<DirectWatch>,
        calls: &mut DirectCalls,
        result: &Result<T, Error>,
    ) {
        match watch {
            Some(DirectWatch::Timed(watch)) => {
                let clock = watch.began.elapsed();
                if self.engine.figures.count_calls() {
                    *calls = DirectCalls {
                        untimed: UNTIMED,
                        clock,
                    };
                }
                self.tell(&watch, clock, clock, result);
            }
            Some(DirectWatch::Untimed { function }) => {
                calls.untimed = calls.untimed.saturating_sub(1);
                self.count(function, calls.clock, calls.clock, result);
            }
            None => {}
        }
    }

    fn count<T>(&self, function: &str, cpu: Duration, clock: Duration, result: &Result<T, Error>) {
        match result {
            // A dead instance was not called.
            Err(Error::Dead) => return,
            Err(error) => self.engine.figures.failed(error),
            Ok(_) => {}
        }
        self.engine.figures.called(function, cpu, clock);
    }

    fn tell<T>(&self, watch: &Watch, cpu: Duration, clock: Duration, result: &Result<T, Error>) {
        self.count(watch.function, cpu, clock, result);
        if !watch.observed || matches!(result, Err(Error::Dead)) {
            return;
        }
        if let (Some(observers), Some((name, version))) = (&self.engine.observers, &self.plugin) {
            observers.tell(&EngineEvent::Called {
                plugin: name,
                version: version.get().copied(),
                connection: self.participation.connection,
                function: watch.function,
                event: watch.happening.as_ref().map(Happening::called_for),
                cpu,
                clock,
                result: result.as_ref().map(drop),
            });
        }
    }
}
