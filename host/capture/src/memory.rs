//! The memory for all that is kept.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes for the beginnings of connections, and for those that have ended: those of some hundred connections that say much.
/// Beyond it, nothing is kept of connections that nobody follows.
/// Test: `dialogue::tests::all_together_keep_no_more_than_there_is_memory_for`.
pub(crate) const FOR_BEGINNINGS: usize = 32 * 1024 * 1024;

/// Bytes for all that is kept, with those connections that somebody follows. Beyond it what was kept earlier makes way: for a
/// connection that somebody asks for that of others, and else its own.
/// Test: `connections::tests::who_is_followed_last_has_room_whoever_was_followed_before`.
pub(crate) const FOR_ALL: usize = 64 * 1024 * 1024;

/// Whom memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The beginning of a connection.
    Beginning,
    /// A connection that somebody follows.
    Followed,
}

/// How much of it is in use.
#[derive(Debug, Default)]
pub(crate) struct Memory(AtomicUsize);

impl Memory {
    /// Bytes that are left. Several who ask at once may each take the last of them: an event more than there may be.
    pub(crate) fn left(&self, whom: Use) -> usize {
        let most = match whom {
            Use::Beginning => FOR_BEGINNINGS,
            Use::Followed => FOR_ALL,
        };
        most.saturating_sub(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn take(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}
