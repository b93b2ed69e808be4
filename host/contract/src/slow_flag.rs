//! What a session tells whoever runs it: whether its call is slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the call of a session that is under way is slow, or the session has had so much time lately that
/// all its calls should make way. The session says so, and whoever runs it may have it make way for
/// others. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct SlowFlag(Arc<AtomicBool>);

impl SlowFlag {
    /// What the session last said.
    pub fn is_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that the call is slow, or that it isn't.
    pub fn set_slow(&self, slow: bool) {
        self.0.store(slow, Ordering::Relaxed);
    }
}
