//! What engines of one process share: turns on the processors, and one count of memory.

use eco_compile::SharedMemory;
use eco_fair::TurnQueue;
use std::fmt;

/// What several engines of a process share ([`EngineBuilder::sharing`](crate::EngineBuilder::sharing)): the turns of their
/// calls, so that there are no more at a time than there are processors, whoever's they are; and the count of memory that
/// [`Budgets::total_memory`](crate::Budgets::total_memory) bounds, which should be the same for all of them. Clones are the
/// same.
#[derive(Clone)]
pub struct Shares {
    /// Engines that may be there at a time. Each reserves such a part of what the process has, and keeps such a part ready.
    pub(super) engines: usize,
    pub(super) memory: SharedMemory,
    pub(super) turns: Turns,
}

/// The queues of calls.
#[derive(Clone)]
pub(super) struct Turns {
    pub(super) slow: TurnQueue,
    pub(super) calls: TurnQueue,
    pub(super) events: TurnQueue,
}

impl Shares {
    /// To be shared by about so many engines: the address space that pools reserve, and the memory that they keep ready for
    /// coming instances, are divided by it.
    pub fn among(engines: usize) -> Self {
        Self {
            engines: engines.max(1),
            memory: SharedMemory::default(),
            turns: Turns {
                slow: TurnQueue::with_places(places()),
                calls: TurnQueue::with_places(processors()),
                events: TurnQueue::with_places(places()),
            },
        }
    }

    /// The same, for engines that are built when there are about so many.
    #[must_use]
    pub fn now_among(&self, engines: usize) -> Self {
        Self {
            engines: engines.max(1),
            ..self.clone()
        }
    }

    /// What the engines use and wait for at this moment. Each number is read by itself.
    pub fn counters(&self) -> SharesCounters {
        SharesCounters {
            memory: self.memory.in_use().bytes(),
            slow: self.turns.slow.waiting(),
            calls: self.turns.calls.waiting(),
            events: self.turns.events.waiting(),
        }
    }
}

/// What engines that [share](Shares) use and wait for at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharesCounters {
    /// Bytes that count against [`Budgets::total_memory`](crate::Budgets::total_memory).
    pub memory: usize,
    /// Slow calls that wait for a turn.
    pub slow: usize,
    /// Calls that wait for one before they begin, of plugins whose average call takes a millisecond or more.
    pub calls: usize,
    /// Calls for events that wait for one.
    pub events: usize,
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares")
            .field("engines", &self.engines)
            .finish_non_exhaustive()
    }
}

/// Slow calls that run at a time, and as many calls for events: one fewer than processors, and at least one.
pub(super) fn places() -> usize {
    processors().saturating_sub(1).max(1)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
