//! The host's memory for engines, counted against `Budgets::total_memory`: the memory of their instances, and loaded
//! code for as long as it is in use.
//!
//! It owns the counting. Its callers know the sizes.

use crate::budget::{Budget, Budgets};
use parking_lot::Mutex;
use std::ops::{Deref, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::Component;
use wasmtime::{Engine, EngineWeak, Module};

/// Divisor of the budget: pools keep at most this part of it for coming instances, all together.
/// Test: `warm_slots::what_slots_keep_is_bounded`.
pub const KEPT_PART: usize = 4;

/// A count of bytes in use, which clones share.
#[derive(Clone, Debug, Default)]
pub struct InUse(Arc<AtomicUsize>);

impl InUse {
    /// Adds so many bytes, and returns the new count.
    pub fn add(&self, bytes: usize) -> usize {
        self.0
            .fetch_add(bytes, Ordering::Relaxed)
            .saturating_add(bytes)
    }

    /// Subtracts so many bytes.
    pub fn subtract(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The count.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes that count as in use until it is dropped.
pub struct Reservation {
    in_use: InUse,
    /// Their number.
    pub bytes: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.in_use.subtract(self.bytes);
    }
}

/// The memory that engines count together. Clones are the same.
#[derive(Clone, Default)]
pub struct SharedMemory {
    in_use: InUse,
    pools: Arc<Pools>,
}

impl SharedMemory {
    /// The bytes in use.
    pub fn in_use(&self) -> &InUse {
        &self.in_use
    }
}

/// The pools of these engines.
#[derive(Default)]
struct Pools {
    /// Each with the most bytes that it keeps.
    all: Mutex<Vec<(EngineWeak, usize)>>,
    /// The sum of those, or more.
    keep_at_most: AtomicUsize,
}

impl Pools {
    fn add(&self, engine: &Engine, keeps_at_most: usize) {
        let mut all = self.all.lock();
        all.push((engine.weak(), keeps_at_most));
        self.keep_at_most
            .fetch_add(keeps_at_most, Ordering::Relaxed);
    }

    /// The bytes that they keep for coming instances now. Asking a pool takes locks.
    fn kept(&self) -> usize {
        let (mut kept, mut keep_at_most) = (0, 0);
        self.all.lock().retain(|(engine, keeps_at_most)| {
            let Some(engine) = engine.upgrade() else {
                return false;
            };
            if let Some(pool) = engine.pooling_allocator_metrics() {
                kept += pool.unused_memory_bytes_resident() + pool.unused_table_bytes_resident();
            }
            keep_at_most += keeps_at_most;
            true
        });
        self.keep_at_most.store(keep_at_most, Ordering::Relaxed);
        kept
    }
}

/// The memory that counts together against the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All memory of an engine, and of those that share its count.
    Engine,
    /// The memory of one run in a laboratory. Code counts with each run of its own plugin, and not with those of
    /// others.
    Run,
}

/// The memory of one engine, and of those that share its count. Clones are the same.
#[derive(Clone)]
pub struct TotalMemory {
    most: usize,
    scope: Scope,
    shared: SharedMemory,
}

impl TotalMemory {
    /// Counts the memory of an engine with these budgets, whose pool keeps so many bytes at the most.
    pub fn new(
        engine: &Engine,
        budgets: &Budgets,
        scope: Scope,
        shared: SharedMemory,
        keeps_at_most: usize,
    ) -> Self {
        shared.pools.add(engine, keeps_at_most);
        Self {
            most: budgets.total_memory,
            scope,
            shared,
        }
    }

    /// The bytes in use.
    pub fn in_use(&self) -> &InUse {
        &self.shared.in_use
    }

    /// Checks that so many bytes in use are within the budget, together with those that pools keep for coming
    /// instances. They are asked only near the budget.
    ///
    /// # Errors
    /// They exceed the budget.
    pub fn check(&self, in_use: usize) -> Result<(), Budget> {
        let pools = &self.shared.pools;
        let fits = |kept| in_use.saturating_add(kept) <= self.most;
        if fits(pools.keep_at_most.load(Ordering::Relaxed)) || fits(pools.kept()) {
            Ok(())
        } else {
            Err(Budget::TotalMemory)
        }
    }

    /// Counts so many bytes as in use.
    ///
    /// # Errors
    /// They exceed the budget.
    pub fn reserve(&self, bytes: usize) -> Result<Reservation, Budget> {
        let in_use = self.in_use().add(bytes);
        let reserved = Reservation {
            in_use: self.in_use().clone(),
            bytes,
        };
        self.check(match self.scope {
            Scope::Engine => in_use,
            Scope::Run => bytes,
        })?;
        Ok(reserved)
    }

    /// Counts the code of a plugin: that of its images, with all that wasmtime keeps beside it, mapped or copied.
    /// Test: `hostile_plugins::memory::the_code_of_a_plugin_counts_with_the_memory_of_its_instances`.
    ///
    /// # Errors
    /// The code exceeds the budget; the error has its number of bytes.
    pub(crate) fn count<C>(
        &self,
        code: C,
        images: impl IntoIterator<Item = Range<*const u8>>,
    ) -> Result<Counted<C>, (Budget, usize)> {
        let length = |image: Range<*const u8>| image.end.addr().saturating_sub(image.start.addr());
        let bytes = images.into_iter().map(length);
        let bytes = bytes.fold(0, usize::saturating_add);
        let counted = self.reserve(bytes).map_err(|budget| (budget, bytes))?;
        Ok(Counted {
            code,
            counted: Arc::new(counted),
        })
    }
}

/// Code that counts as in use until the last clone of its reservation is dropped.
#[derive(Clone)]
pub struct Counted<C> {
    /// The code.
    pub code: C,
    /// Its reservation.
    pub counted: Arc<Reservation>,
}

/// A component, counted.
pub type CountedComponent = Counted<Component>;

/// A core module, counted.
pub type CountedModule = Counted<Module>;

impl<C> Deref for Counted<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.code
    }
}

/// The code of a plugin.
#[derive(Clone)]
pub enum Code {
    /// A component.
    Component(CountedComponent),
    /// A core module, which is a program.
    Module(CountedModule),
}
