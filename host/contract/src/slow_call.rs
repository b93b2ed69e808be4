//! What a session tells whoever runs it: whether its call takes long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the call of a session that is under way takes long, or the session has had so much lately that
/// all its calls should make way. The session says so, and whoever runs it may have it make way for
/// others. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Effort(Arc<AtomicBool>);

impl Effort {
    /// What the session last said.
    pub fn is_long(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that the call takes long, or that it doesn't.
    pub fn set_long(&self, long: bool) {
        self.0.store(long, Ordering::Relaxed);
    }
}
