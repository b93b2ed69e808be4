//! A flag by which a session tells its driver that its call is slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the call of a session that is under way is slow, or the session has had so much time lately that
/// all its calls should make way. The session sets it, and its driver may have it make way for
/// others. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct SlowFlag(Arc<AtomicBool>);

impl SlowFlag {
    /// Whether it is set.
    pub fn is_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that the call is slow, or that it isn't.
    pub fn set_slow(&self, slow: bool) {
        self.0.store(slow, Ordering::Relaxed);
    }
}
