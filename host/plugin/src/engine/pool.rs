//! The pool of an engine for many instances: address space and slots that are reserved at its start, so that
//! an instance takes microseconds.

use eco_compile::{Budgets, HELD, KEPT_PART, PARTS};
use wasmtime::{Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Address space that all memories may reserve together: half of what x86-64 and arm64 processes
/// have. Beyond it memories get just their budget, and accesses are checked.
pub(super) const ADDRESS_SPACE: u64 = 64 << 40;

/// Slots that are kept warm while nobody uses them: their pages stay where they are, cleaned, for the next
/// instance of the same plugin, since to give them back to the kernel and to fault them in again costs more
/// than to clean them. That is as many as come and go at once on a busy server. Beyond it a slot is given to
/// another plugin, and loses its pages. Test: `warm_slots::what_slots_keep_is_bounded`.
const WARM_SLOTS: u32 = 256;
/// Slots that are kept warm in any case, with less in each where there is little memory in all.
const LEAST_SLOTS: usize = 16;
/// Bytes of a memory that stay with a warm slot, where the system says which of its pages were written: more
/// than scripts and compiled plugins touch. What is beyond is given back.
const KEPT_MEMORY: usize = 4 * 1024 * 1024;
/// As [`KEPT_MEMORY`], of a table: some 8,000 elements, as many as interpreters have.
const KEPT_TABLE: usize = 64 * 1024;
/// As both, where the system doesn't say: then the first pages of each are cleaned, written or not.
const KEPT_UNSEEN: usize = 16 * 1024;

/// How a slot is cleaned for its next instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cleaning {
    /// The pages that were written, which the system tells: `PAGEMAP_SCAN` of Linux 6.7 and later.
    Written,
    /// The first ones; the rest is given back to the system.
    First,
}

impl Cleaning {
    /// The better one that this system can do.
    pub(super) fn of_this_system() -> Self {
        if PoolingAllocationConfig::is_pagemap_scan_available() {
            Self::Written
        } else {
            Self::First
        }
    }

    /// Bytes that a warm slot of a memory keeps at most, and one of a table.
    fn kept(self, budgets: &Budgets) -> (usize, usize) {
        match self {
            Self::Written => {
                let share = budgets.total_memory / KEPT_PART / LEAST_SLOTS;
                (KEPT_MEMORY.min(share), KEPT_TABLE.min(share))
            }
            Self::First => (KEPT_UNSEEN, KEPT_UNSEEN),
        }
    }
}

/// Bytes that wasmtime may hold for an instance. What a plugin may have is refused before it is compiled, with
/// parts that are counted there too; this has room for all of that, and reserves none.
const INSTANCE: usize = 2 * HELD as usize;

/// For so many connections, whose memories have so much address space each.
pub(super) fn pool(
    budgets: &Budgets,
    connections: usize,
    reservation: u64,
    cleaning: Cleaning,
) -> InstanceAllocationStrategy {
    let (memory, table) = cleaning.kept(budgets);
    let affordable = budgets.total_memory / KEPT_PART / (memory + table).max(1);
    let warm = u32::try_from(affordable)
        .unwrap_or(u32::MAX)
        .min(WARM_SLOTS);
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    // Most plugins have one memory; interpreters and adapters bring a few more, which are granted as
    // far as address space goes.
    let reservable = u32::try_from(ADDRESS_SPACE / reservation.max(1)).unwrap_or(u32::MAX);
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
