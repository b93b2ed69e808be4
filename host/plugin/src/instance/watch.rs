//! A call that is under way, as far as it is counted, or an observer of the engine is told of it. And the span of a call.

use crate::call::CalledFunction;
use crate::figures::TimedCall;
use crate::participation::event::Happening;
use std::time::{Duration, Instant};
use tracing::Span;

/// Direct calls of an instance that are counted with the time of the last one that was timed. Reading a clock twice takes
/// about as long as such a call, and its time hardly changes.
/// Test: `calls::observed::an_observer_is_told_while_it_listens_and_calls_are_counted_all_along`.
pub(super) const UNTIMED: u8 = 15;

/// A call that is under way. `watching` begins it, and tells of it.
pub(crate) struct Watch {
    pub(super) function: CalledFunction,
    pub(super) began: Instant,
    /// Processor time of the calls before it.
    pub(super) total: Duration,
    /// Whether somebody observes it. Else it is only counted.
    pub(super) observed: bool,
    /// What it is for, if it is observed and is for an event.
    pub(super) happening: Option<Happening>,
}

impl Watch {
    /// Notes the event that the call is for.
    pub(crate) fn is_for(&mut self, happening: &Happening) {
        self.happening = self.observed.then(|| happening.clone());
    }
}

/// The direct calls of an instance, of which some are timed.
#[derive(Default)]
pub(crate) struct DirectCalls {
    /// How many more are counted before one is timed.
    pub(super) untimed: u8,
    /// The last one that was timed, as it was counted.
    pub(super) last: Option<TimedCall>,
}

/// A direct call that is watched. It is small, and needs no dropping, since it is made for each.
#[derive(Clone, Copy)]
pub(crate) enum DirectWatch {
    Timed { began: Instant, observed: bool },
    Untimed,
}

/// The span of `tracing` for a call of this function, with all that it waits for. Without a subscriber that wants it, it
/// costs some instructions.
pub(crate) fn call_span(function: CalledFunction) -> Span {
    tracing::debug_span!("call", function = function.name())
}
