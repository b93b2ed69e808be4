//! The pool of an engine for many instances: address space and slots are reserved at its start, so that an instance
//! starts in microseconds.

use eco_compile::{Budgets, HELD, KEPT_PART, PARTS};
use wasmtime::{Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Address space that all memories may reserve together: half of an x86-64 or arm64 process's. Beyond it a memory
/// reserves just its budget, and accesses are checked.
const ADDRESS_SPACE: u64 = 64 << 40;

/// Slots that stay warm while unused. A warm slot keeps its pages, cleaned, for the next instance of the same plugin:
/// cleaning costs less than returning pages to the kernel and faulting them in again. As many instances come and go
/// at once on a busy server. Beyond the limit a slot goes to another plugin, and loses its pages.
/// Test: `warm_slots::what_slots_keep_is_bounded`.
const WARM_SLOTS: u32 = 256;
/// Slots that stay warm in any case. Each keeps less where the total budget of memory is small.
const LEAST_SLOTS: usize = 16;
/// Bytes of a memory that stay with a warm slot, where the system tells which pages were written: more than scripts
/// and compiled plugins touch. The rest is returned to the system.
const KEPT_MEMORY: usize = 4 * 1024 * 1024;
/// As [`KEPT_MEMORY`], for a table: some 8,000 elements, as many as interpreters have.
const KEPT_TABLE: usize = 64 * 1024;
/// Replaces both where the system doesn't tell: the first pages of each are cleaned then, written or not.
const KEPT_UNSEEN: usize = 16 * 1024;

/// How a slot is cleaned for its next instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cleaning {
    /// The pages that were written, which the system tells: `PAGEMAP_SCAN` of Linux 6.7 and later.
    Written,
    /// The first pages; the rest is returned to the system.
    First,
}

impl Cleaning {
    /// The better way that this system supports.
    pub(super) fn of_this_system() -> Self {
        if PoolingAllocationConfig::is_pagemap_scan_available() {
            Self::Written
        } else {
            Self::First
        }
    }

    /// The most bytes that a warm slot keeps of a memory, and of a table, where all may keep so many.
    fn kept(self, of_all: usize) -> (usize, usize) {
        match self {
            Self::Written => {
                let share = of_all / LEAST_SLOTS;
                (KEPT_MEMORY.min(share), KEPT_TABLE.min(share))
            }
            Self::First => (KEPT_UNSEEN, KEPT_UNSEEN),
        }
    }
}

/// Bytes that wasmtime may hold for an instance. Larger plugins are refused before they are compiled, by a count that
/// includes other parts too. So this limit has room for every plugin; it reserves nothing.
const INSTANCE: usize = 2 * HELD as usize;

/// The most bytes that the pool of each of so many engines keeps for coming instances.
pub(super) fn keeps_at_most(budgets: &Budgets, engines: usize) -> usize {
    budgets.total_memory / KEPT_PART / engines.max(1)
}

/// The address space for the pool of each of so many engines.
pub(super) fn address_space(engines: usize) -> u64 {
    ADDRESS_SPACE / (engines as u64).max(1)
}

/// Sizes the pool of each of so many engines for so many connections. Each memory reserves so much address space.
pub(super) fn pool(
    budgets: &Budgets,
    connections: usize,
    reservation: u64,
    cleaning: Cleaning,
    engines: usize,
) -> InstanceAllocationStrategy {
    let keeps_at_most = keeps_at_most(budgets, engines);
    let (memory, table) = cleaning.kept(keeps_at_most);
    let affordable = keeps_at_most / (memory + table).max(1);
    let warm = u32::try_from(affordable)
        .unwrap_or(u32::MAX)
        .min(WARM_SLOTS);
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    // Most plugins have one memory; interpreters and adapters bring a few more, which the pool grants as far as
    // address space goes.
    let reservable = address_space(engines) / reservation.max(1);
    let reservable = u32::try_from(reservable).unwrap_or(u32::MAX);
    let memories = connections
        .saturating_mul(4)
        .min(reservable)
        .max(connections);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(connections)
        .total_core_instances(connections.saturating_mul(PARTS))
        .total_stacks(connections)
        .total_memories(memories)
        .total_tables(memories)
        .total_gc_heaps(connections)
        .max_core_instances_per_component(PARTS)
        .max_memories_per_component(PARTS)
        .max_memories_per_module(PARTS)
        .max_tables_per_component(PARTS)
        .max_tables_per_module(PARTS)
        .max_core_instance_size(INSTANCE)
        .max_component_instance_size(INSTANCE)
        .max_memory_size(budgets.memory)
        .table_elements(budgets.table)
        .max_unused_warm_slots(warm)
        .linear_memory_keep_resident(memory)
        .table_keep_resident(table)
        .pagemap_scan(match cleaning {
            Cleaning::Written => Enabled::Yes,
            Cleaning::First => Enabled::No,
        })
        .async_stack_keep_resident(0);
    InstanceAllocationStrategy::Pooling(pool)
}
