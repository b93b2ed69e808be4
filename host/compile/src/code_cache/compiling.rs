//! How many compilations go on.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A compilation that goes on.
pub(super) struct Compiling<'a>(&'a AtomicUsize);

impl<'a> Compiling<'a> {
    pub(super) fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Compiling<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
