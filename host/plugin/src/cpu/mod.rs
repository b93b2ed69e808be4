//! Processor time: what calls have of it, and how those that take long make way for others.

pub(crate) mod meter;
pub(crate) mod recent;
pub(crate) mod slow_queue;
