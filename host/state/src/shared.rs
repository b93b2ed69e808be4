//! What all connections of a server, or of a run in a laboratory, share.

use super::backend::Backend;
use super::clock::{Clock, SystemClock};
use super::limits::Limits;
use super::memory::Memory;
use super::participant::Participant;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where connections meet. Clones are the same.
#[derive(Clone)]
pub struct SharedState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<dyn Clock>,
    /// What the ids of its connections begin with: nobody else's do.
    prefix: String,
    participants: AtomicU64,
}

impl SharedState {
    /// In memory, empty. The ids of its connections begin with `prefix`.
    pub fn in_memory(limits: Limits, clock: Arc<dyn Clock>, prefix: &str) -> Self {
        Self(Arc::new(Inner {
            backend: Box::new(Memory::new(&limits, clock.clone())),
            limits,
            clock,
            prefix: prefix.to_owned(),
            participants: AtomicU64::new(0),
        }))
    }

    /// A connection that takes part from now on.
    pub fn participant(&self) -> Participant {
        let number = self.0.participants.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("{}{number}", self.0.prefix);
        Participant::new(self.clone(), id.into())
    }

    /// The limits that it holds to.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

/// In memory, within the default limits.
impl Default for SharedState {
    fn default() -> Self {
        Self::in_memory(Limits::default(), Arc::new(SystemClock::default()), "")
    }
}

impl fmt::Debug for SharedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedState({})", self.0.prefix)
    }
}
