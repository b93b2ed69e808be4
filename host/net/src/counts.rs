//! Counts of what goes through a connection, and who else is told of it.

use super::stream_observer::{SessionCall, StreamObserver};
use std::fmt;
use std::sync::Arc;
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
#[derive(Default)]
pub struct LiveCounts {
    received: AtomicU64,
    sent: AtomicU64,
    chunks: AtomicU64,
    observer: Option<Arc<dyn StreamObserver>>,
}

impl LiveCounts {
    /// Those of a connection whose stream is observed.
    pub fn observed(observer: Arc<dyn StreamObserver>) -> Self {
        Self {
            observer: Some(observer),
            ..Self::default()
        }
    }

    /// The counts at this moment. Each number is read by itself.
    pub fn get(&self) -> Counts {
        Counts {
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent(),
            chunks: self.chunks.load(Ordering::Relaxed),
        }
    }

    /// A chunk came.
    pub(super) fn received(&self, chunk: &[u8]) {
        add(&self.received, chunk.len() as u64);
        add(&self.chunks, 1);
        self.tell(|observer| observer.received(chunk));
    }

    /// FIN came.
    pub(super) fn received_fin(&self) {
        self.tell(|observer| observer.received_fin());
    }

    /// A call of the session is over.
    pub(super) fn called(&self, function: SessionCall) {
        self.tell(|observer| observer.called(function));
    }

    /// A reply was written as a whole.
    pub(super) fn replied(&self, reply: &[u8]) {
        self.tell(|observer| observer.sent(reply));
    }

    /// FIN is sent.
    pub(super) fn sent_fin(&self) {
        self.tell(|observer| observer.sent_fin());
    }

    fn tell(&self, what: impl FnOnce(&dyn StreamObserver)) {
        if let Some(observer) = &self.observer {
            what(&**observer);
        }
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

impl fmt::Debug for LiveCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
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
