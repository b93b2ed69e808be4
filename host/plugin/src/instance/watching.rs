//! What those who observe the engine are told of an instance: its calls and its lines.

use super::state::{InstanceState, PluginShared};
use super::watch::{DirectCalls, DirectWatch, UNTIMED, Watch};
use crate::call::CalledFunction;
use crate::error::Error;
use crate::figures::TimedCall;
use crate::observe::EngineEvent;
use crate::participation::event::{CalledFor, Happening};
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
    pub(crate) fn watch(&self, function: CalledFunction) -> Option<Watch> {
        let observed = match function {
            CalledFunction::Event => self.engine.is_observed(),
            _ => self.engine.observes_all_calls(),
        };
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
            let clock = watch.began.elapsed();
            self.count(TimedCall::new(watch.function, cpu, clock), result);
            if watch.observed {
                let happening = watch.happening.as_ref();
                self.tell(watch.function, happening, (cpu, clock), result);
            }
        }
    }

    /// As [`watch`](Self::watch), for a direct call. Without an observer only some are timed.
    pub(crate) fn watch_direct(&self, calls: &DirectCalls) -> Option<DirectWatch> {
        let observed = self.engine.observes_all_calls();
        if calls.untimed > 0 && !observed {
            return Some(DirectWatch::Untimed);
        }
        let watches = observed || self.engine.figures.count_calls();
        watches.then(|| DirectWatch::Timed {
            began: Instant::now(),
            observed,
        })
    }

    /// As [`watched`](Self::watched), for a direct call of this function, which the meter doesn't see. It never waits.
    pub(crate) fn watched_direct<T>(
        &self,
        watch: DirectWatch,
        function: CalledFunction,
        calls: &mut DirectCalls,
        result: &Result<T, Error>,
    ) {
        match watch {
            DirectWatch::Timed { began, observed } => {
                let clock = began.elapsed();
                let time = TimedCall::new(function, clock, clock);
                if self.engine.figures.count_calls() {
                    *calls = DirectCalls {
                        untimed: UNTIMED,
                        last: time,
                    };
                }
                self.count(time, result);
                if observed {
                    self.tell(function, None, (clock, clock), result);
                }
            }
            DirectWatch::Untimed => {
                calls.untimed = calls.untimed.saturating_sub(1);
                self.count(calls.last, result);
            }
        }
    }

    /// Counts a call, unless the instance was dead, which was not called.
    fn count<T>(&self, call: Option<TimedCall>, result: &Result<T, Error>) {
        match result {
            Err(Error::Dead) => return,
            Err(error) => self.engine.figures.failed(error),
            Ok(_) => {}
        }
        if let Some(call) = call {
            self.engine.figures.called(call);
        }
    }

    /// Tells the observers of a call, with its processor time and its time by the clock, unless the instance was dead.
    fn tell<T>(
        &self,
        function: CalledFunction,
        happening: Option<&Happening>,
        (cpu, clock): (Duration, Duration),
        result: &Result<T, Error>,
    ) {
        if matches!(result, Err(Error::Dead)) {
            return;
        }
        if let (Some(observers), Some((name, version))) = (&self.engine.observers, &self.plugin) {
            observers.tell(&EngineEvent::Called {
                plugin: name,
                version: version.get().copied(),
                connection: self.participation.connection,
                function: function.name(),
                event: match function {
                    // A program has no other events.
                    CalledFunction::Event => {
                        Some(happening.map_or(CalledFor::Timer, Happening::called_for))
                    }
                    _ => None,
                },
                cpu,
                clock,
                result: result.as_ref().map(drop),
            });
        }
    }
}
