//! What an instance has used so far.

use std::time::Duration;

/// The memory and the work of an instance so far.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Bytes of linear memory, of all its memories together.
    pub memory: usize,
    /// Processor time of its start and of its calls that are over. A call, or the part of one, that took less than
    /// 10 ms, is measured by the wall clock. `None` for a plugin that is called directly: its calls take about as long
    /// as reading a clock, and nothing measures them.
    pub cpu: Option<Duration>,
    /// Units of work, as [`Budgets::fuel`](crate::Budgets::fuel) counts them. `None` unless the engine is
    /// [metered](crate::EngineBuilder::metered).
    pub fuel: Option<u64>,
}
