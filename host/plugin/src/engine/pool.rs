//! The pool of an engine for many instances: address space and slots that are reserved at its start, so that
//! an instance takes microseconds.

use super::PARTS;
use crate::budget::Budgets;
use wasmtime::{InstanceAllocationStrategy, PoolingAllocationConfig};

/// Address space that a 32-bit memory gets, so that no access needs a bounds check.
pub(super) const WHOLE_MEMORY: u64 = 4 << 30;
/// Address space that all memories may reserve together: half of what x86-64 and arm64 processes
/// have. Beyond it memories get just their budget, and accesses are checked.
pub(super) const ADDRESS_SPACE: u64 = 64 << 40;

/// Bytes of a memory and of a table that stay resident for the next instance in the same slot:
/// clearing them costs less than giving them back to the kernel and faulting them in again.
const KEEP_RESIDENT: usize = 16 * 1024;

/// For so many connections, whose memories have so much address space each.
pub(super) fn pool(
    budgets: &Budgets,
    connections: usize,
    reservation: u64,
) -> InstanceAllocationStrategy {
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    // Most plugins have one memory; interpreters and adapters bring a few more, which are granted as
    // far as address space goes.
    let affordable = u32::try_from(ADDRESS_SPACE / reservation.max(1)).unwrap_or(u32::MAX);
    let memories = connections
        .saturating_mul(4)
        .min(affordable)
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
        .max_memory_size(budgets.memory)
        .table_elements(budgets.table)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .async_stack_keep_resident(0);
    InstanceAllocationStrategy::Pooling(pool)
}
