//! Processor time of calls: metering, fair turns, and the priority of work on shared resources.

pub(crate) mod call_state;
pub(crate) mod meter;
pub(crate) mod priority;
pub(crate) mod total_time;
