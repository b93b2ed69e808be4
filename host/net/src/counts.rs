//! Counts of what goes through a connection.

use std::sync::atomic::{AtomicU64, Ordering};

/// What went through a connection, or through several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Bytes from the peer.
    pub received: u64,
    /// Bytes to the peer.
    pub sent: u64,
    /// Chunks from the peer: each is one call of the session.
    pub chunks: u64,
}

/// The counts of a connection that goes on. Whoever serves it counts, and others may look at any time.
#[derive(Debug, Default)]
pub struct LiveCounts {
    received: AtomicU64,
    sent: AtomicU64,
    chunks: AtomicU64,
}

impl LiveCounts {
    /// The counts at this moment. Each number is read by itself.
    pub fn get(&self) -> Counts {
        Counts {
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent(),
            chunks: self.chunks.load(Ordering::Relaxed),
        }
    }

    /// A chunk of so many bytes came.
    pub(super) fn add_chunk(&self, bytes: usize) {
        add(&self.received, bytes as u64);
        add(&self.chunks, 1);
    }

    /// So many bytes were written.
    pub(super) fn add_sent(&self, bytes: usize) {
        add(&self.sent, bytes as u64);
    }

    /// Bytes that were written.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Only the task of the connection writes. So this needs none of the processor's locks, and costs what adding to a plain
/// number does.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.received += more.received;
        self.sent += more.sent;
        self.chunks += more.chunks;
    }
}
