//! What counts together against a budget of memory; and what is held for longer than any instance, and counts with what
//! instances hold: compiled code, while anybody has it.
//!
//! It owns the counting. How much the code is, whoever loads it knows.

use super::{EngineState, World};
use crate::budget::Budget;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::Component;

/// Bytes that are in use by all who have a clone of this.
#[derive(Clone, Debug, Default)]
pub(crate) struct InUse(Arc<AtomicUsize>);

impl InUse {
    /// So many more are. How many that makes.
    pub(crate) fn add(&self, bytes: usize) -> usize {
        self.0
            .fetch_add(bytes, Ordering::Relaxed)
            .saturating_add(bytes)
    }

    /// So many are no more.
    pub(crate) fn subtract(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes that count as in use until it is dropped.
pub(crate) struct Reservation {
    in_use: InUse,
    pub(crate) bytes: usize,
}

impl EngineState {
    /// Counts so many bytes as in use.
    ///
    /// # Errors
    /// They are beyond the budget.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<Reservation, Budget> {
        let in_use = self.memory_in_use.add(bytes);
        let reserved = Reservation {
            in_use: self.memory_in_use.clone(),
            bytes,
        };
        self.check_total(match self.world {
            World::Real => in_use,
            // There it counts with each run of its own plugin, and nothing with those of others.
            World::Laboratory => bytes,
        })?;
        Ok(reserved)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.in_use.subtract(self.bytes);
    }
}

/// A component whose code counts as in use as long as anybody has this, or what was made of it.
#[derive(Clone)]
pub(crate) struct CountedComponent {
    pub(crate) component: Component,
    pub(crate) counted: Arc<Reservation>,
}

impl Deref for CountedComponent {
    type Target = Component;

    fn deref(&self) -> &Component {
        &self.component
    }
}
