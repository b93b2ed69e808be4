//! The newest events of a connection.

use crate::event::{Event, Kind};
use std::collections::VecDeque;
use std::time::Duration;

/// Events that are kept of one connection. The oldest makes way for one more.
/// Test: `ring::tests::the_oldest_events_make_way_for_new_ones`.
pub(crate) const MOST_EVENTS: usize = 4096;

/// Bytes that are kept of one connection, beside the last event. The oldest events make way for more.
/// Test: `ring::tests::the_oldest_events_make_way_for_new_ones`.
pub(crate) const MOST_BYTES: usize = 2 * 1024 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    events: VecDeque<Event>,
    /// Bytes of memory that they take.
    bytes: usize,
    /// The number of the next one.
    next: u64,
}

impl Ring {
    /// Adds an event. Returns by how many bytes they take more memory now, or less.
    pub(crate) fn push(&mut self, at: Duration, kind: Kind) -> isize {
        let before = self.bytes;
        while self.events.len() >= MOST_EVENTS || self.bytes >= MOST_BYTES {
            if !self.forget_oldest() {
                break;
            }
        }
        self.bytes += memory(&kind);
        self.events.push_back(Event {
            number: self.next,
            at,
            kind,
        });
        self.next += 1;
        // Both are far below what an isize can hold.
        self.bytes as isize - before as isize
    }

    /// Forgets the oldest events, until the others have no more bytes than this. The last one stays. Returns the bytes of those
    /// that are gone.
    pub(crate) fn shrink_to(&mut self, most_bytes: usize) -> usize {
        let before = self.bytes;
        while self.bytes > most_bytes && self.events.len() > 1 {
            self.forget_oldest();
        }
        before - self.bytes
    }

    fn forget_oldest(&mut self) -> bool {
        let oldest = self.events.pop_front();
        self.bytes -= oldest.as_ref().map_or(0, |oldest| memory(&oldest.kind));
        oldest.is_some()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The events from this number on: of the first ones as many as have so many bytes, and one at least.
    pub(crate) fn from(&self, number: u64, most_bytes: usize) -> Vec<Event> {
        let mut bytes = 0;
        let start = self.events.partition_point(|event| event.number < number);
        let events = self.events.range(start..);
        let few = events.take_while(|event| {
            let is_room = bytes < most_bytes;
            bytes += memory(&event.kind);
            is_room
        });
        few.cloned().collect()
    }

    /// The number of the next event.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }
}

/// Bytes of memory that an event takes.
fn memory(kind: &Kind) -> usize {
    size_of::<Event>() + kind.memory()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Bytes;

    fn numbers(events: &[Event]) -> Vec<u64> {
        events.iter().map(|event| event.number).collect()
    }

    #[test]
    fn the_oldest_events_make_way_for_new_ones() {
        let mut ring = Ring::default();
        let mut bytes = 0;
        for _ in 0..=MOST_EVENTS {
            bytes += ring.push(Duration::ZERO, Kind::Opened);
        }
        assert_eq!(bytes as usize, ring.bytes());
        let all = ring.from(0, usize::MAX);
        assert_eq!(
            (all.len(), all.first().map(|event| event.number)),
            (MOST_EVENTS, Some(1))
        );
        let large = Bytes::first(&vec![0; MOST_BYTES], usize::MAX);
        bytes += ring.push(Duration::ZERO, Kind::Received(large.clone()));
        bytes += ring.push(Duration::ZERO, Kind::Sent(large));
        assert_eq!(bytes as usize, ring.bytes());
        assert_eq!(numbers(&ring.from(0, usize::MAX)), [ring.next() - 1]);
    }

    #[test]
    fn a_reader_takes_a_few_at_a_time_and_at_least_one() {
        let mut ring = Ring::default();
        for _ in 0..5 {
            let chunk = Bytes::first(&[0; 1000], usize::MAX);
            ring.push(Duration::ZERO, Kind::Received(chunk));
        }
        assert_eq!(numbers(&ring.from(1, 1)), [1]);
        assert_eq!(numbers(&ring.from(1, 2000)), [1, 2]);
        assert_eq!(numbers(&ring.from(4, 2000)), [4]);
        assert!(ring.from(5, 2000).is_empty());
        assert!(ring.from(u64::MAX, 2000).is_empty());
    }
}
