//! Processor time: what calls have of it, and how those that take long make way for others.

pub(crate) mod call_state;
pub(crate) mod meter;
pub(crate) mod priority;
