//! A quota of memory that several share. It counts, and allocates nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes that several share. Clones are the same.
#[derive(Clone, Debug)]
pub struct Quota(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bytes: usize,
    taken: AtomicUsize,
}

impl Quota {
    /// So many bytes, of which none is taken.
    pub fn new(bytes: usize) -> Self {
        let taken = AtomicUsize::new(0);
        Self(Arc::new(Shared { bytes, taken }))
    }
}

/// The bytes that one has taken. They go back when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    quota: Quota,
    bytes: usize,
}

/// The quota of so many bytes has fewer left than were wanted.
#[derive(Debug)]
pub(super) struct Exhausted(pub(super) usize);

impl Share {
    /// Nothing yet.
    pub(super) fn of(quota: &Quota) -> Self {
        let quota = quota.clone();
        Self { quota, bytes: 0 }
    }

    /// Takes so many bytes more.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let Shared { bytes: all, taken } = &*self.quota.0;
        let before = taken.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > *all {
            taken.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Exhausted(*all));
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.quota.0.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
