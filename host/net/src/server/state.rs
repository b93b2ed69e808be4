//! The state of a running server, which its tasks share.

use crate::limits::Limits;
use crate::peers::Peers;
use crate::slow_threads::SlowThreads;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// See the module.
pub(super) struct ServerState {
    pub(super) limits: Limits,
    pub(super) permits: Arc<Semaphore>,
    /// Counts connections by peer, where each peer may have so many.
    pub(super) peers: Option<Arc<Peers>>,
    pub(super) slow_threads: Arc<SlowThreads>,
    pub(super) connections: TaskTracker,
    pub(super) accepted: AtomicU64,
    pub(super) cut_off: AtomicU64,
    /// A connection looks at `stopping`, and `stop` wakes it up.
    pub(super) stopping: AtomicBool,
    pub(super) stop: CancellationToken,
}

impl ServerState {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(
                limits.max_connections.min(Semaphore::MAX_PERMITS),
            )),
            peers: limits.max_connections_per_peer.map(Peers::new),
            limits,
            slow_threads: Arc::default(),
            connections: TaskTracker::new(),
            accepted: AtomicU64::new(0),
            cut_off: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            stop: CancellationToken::new(),
        }
    }
}
