//! What went through all connections of a server, with those that are open. It is counted only where somebody asks for it.
//!
//! A connection counts for itself, in memory that no other writes to, and takes a lock when it comes and when it goes.

use crate::counts::{Counts, LiveCounts};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

/// Parts with a lock each, so that connections that come and go seldom wait for whoever looks at the others.
const PARTS: usize = 16;

/// The traffic of a server.
#[derive(Default)]
pub(super) struct Traffic([Mutex<Part>; PARTS]);

#[derive(Default)]
struct Part {
    /// Of all connections that are gone.
    ended: Counts,
    /// By the number of the connection.
    open: HashMap<u64, Arc<CachePadded>>,
}

/// In a line of the processor's cache for itself, so that its writer shares that with no other.
#[repr(align(64))]
pub(super) struct CachePadded(LiveCounts);

impl Traffic {
    fn part(&self, connection: u64) -> Option<&Mutex<Part>> {
        self.0.get(connection as usize % PARTS)
    }

    /// Has these counts of a connection that comes.
    pub(super) fn come(&self, connection: u64, counts: LiveCounts) -> Arc<CachePadded> {
        let counts = Arc::new(CachePadded(counts));
        if let Some(part) = self.part(connection) {
            part.lock().open.insert(connection, counts.clone());
        }
        counts
    }

    /// A connection has ended.
    pub(super) fn go(&self, connection: u64) {
        if let Some(part) = self.part(connection) {
            let mut part = part.lock();
            if let Some(counts) = part.open.remove(&connection) {
                part.ended += counts.0.get();
            }
        }
    }

    /// What went through each connection that is open, with its number.
    pub(super) fn of_open(&self) -> Vec<(u64, Counts)> {
        let of_part = |part: &Mutex<Part>| -> Vec<(u64, Counts)> {
            let part = part.lock();
            let counts = part.open.iter();
            counts
                .map(|(connection, counts)| (*connection, counts.0.get()))
                .collect()
        };
        self.0.iter().flat_map(of_part).collect()
    }

    /// The sum of all. It never falls.
    pub(super) fn sum(&self) -> Counts {
        let mut sum = Counts::default();
        for part in &self.0 {
            let part = part.lock();
            sum += part.ended;
            for counts in part.open.values() {
                sum += counts.0.get();
            }
        }
        sum
    }
}

/// The counts of one connection: its own, or part of a server's traffic.
pub(super) enum Counting {
    Own(LiveCounts),
    Shared(Arc<CachePadded>),
}

impl Deref for Counting {
    type Target = LiveCounts;

    fn deref(&self) -> &LiveCounts {
        match self {
            Self::Own(counts) => counts,
            Self::Shared(counts) => &counts.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_has_those_that_are_open_and_those_that_are_gone() {
        let traffic = Traffic::default();
        let come = |id| (id, traffic.come(id, LiveCounts::default()));
        let connections: Vec<_> = (1..=40).map(come).collect();
        for (_, counts) in &connections {
            counts.0.received(b"hello");
            counts.0.add_sent(7);
        }
        let mut of_open = traffic.of_open();
        of_open.sort_unstable_by_key(|(id, _)| *id);
        assert!(of_open.iter().map(|(id, _)| *id).eq(1..=40));
        assert!(of_open.iter().all(|(_, counts)| counts.received == 5));
        let all = traffic.sum();
        assert_eq!((all.received, all.sent, all.chunks), (200, 280, 40));
        for (id, _) in connections {
            traffic.go(id);
            assert_eq!(traffic.sum(), all);
        }
        assert!(traffic.0.iter().all(|part| part.lock().open.is_empty()));
    }
}
