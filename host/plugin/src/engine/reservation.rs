//! What is held for longer than any instance, and counts with what instances hold: compiled code, while anybody has it.
//!
//! It owns the counting. How much the code is, whoever loads it knows.

use super::EngineState;
use crate::budget::Budget;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::Component;

/// Bytes that count as in use until it is dropped.
pub(crate) struct Reservation {
    in_use: Arc<AtomicUsize>,
    bytes: usize,
}

impl EngineState {
    /// Counts so many bytes as in use.
    ///
    /// # Errors
    /// They are beyond the budget.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<Reservation, Budget> {
        let before = self.memory_in_use.fetch_add(bytes, Ordering::Relaxed);
        let reserved = Reservation {
            in_use: self.memory_in_use.clone(),
            bytes,
        };
        self.check_total(before.saturating_add(bytes))?;
        Ok(reserved)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.in_use.fetch_sub(self.bytes, Ordering::Relaxed);
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
