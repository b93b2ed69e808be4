//! All figures at a moment.

use crate::logging::Lost;
use eco_net::{Counts, EndReason, ServerCounts};
use eco_plugin::{Budget, CallCounts, SharesCounters};
use eco_state::{Counters, Limits};

/// What all services have together.
pub(crate) struct ProcessSnapshot {
    pub(super) shared: SharesCounters,
    pub(super) total_memory: usize,
    /// Lines of the log.
    pub(super) lost: Lost,
}

/// What a service has.
pub(crate) struct ServiceSnapshot {
    pub(super) connections: ServerCounts,
    pub(super) ended: Vec<(EndReason, u64)>,
    pub(super) refused: Vec<(&'static str, u64)>,
    pub(super) traffic: Counts,
    pub(super) calls: Vec<CallCounts>,
    pub(super) failures: Vec<(&'static str, Option<Budget>, u64)>,
    pub(super) instances: usize,
    /// Bytes of all instances together.
    pub(super) memory: usize,
    /// Bytes that one may have.
    pub(super) memory_limit: usize,
    pub(super) compiling: usize,
    pub(super) reloaded: u64,
    pub(super) not_reloaded: u64,
    pub(super) version: u64,
    pub(super) state: Counters,
    pub(super) limits: Limits,
}
