//! The state of a running server, which its tasks share.

use super::event::Observers;
use super::figures::Tallies;
use super::places::Places;
use crate::limits::Limits;
use crate::peers::Peers;
use crate::slow_threads::SlowThreads;
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;

/// See the module.
pub(super) struct ServerState {
    /// Those of connections that come now. Others keep those that they came with.
    limits: RwLock<Arc<Limits>>,
    pub(super) observers: Observers,
    pub(super) places: Places,
    /// Counts connections by peer, of those that came while each peer might have so many.
    pub(super) peers: Arc<Peers>,
    pub(super) slow_threads: Arc<SlowThreads>,
    pub(super) tallies: Arc<Tallies>,
    /// Somebody wants the server to stop: nothing more is accepted.
    pub(super) stop_requested: CancellationToken,
    /// Nothing more is accepted. A connection looks at `stopping`, and `stop` wakes it up.
    pub(super) stopping: AtomicBool,
    pub(super) stop: CancellationToken,
    /// Connections that were open then.
    open_at_stop: AtomicUsize,
}

/// The server's connections, when it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownSummary {
    /// Connections that were open when it was told to stop, with those that had no session yet.
    pub open: usize,
    /// Those of them that had to be cut off at the end of the grace.
    pub cut_off: u64,
    /// All that were ever accepted, with those that were refused.
    pub served: u64,
}

impl ServerState {
    pub(super) fn new(limits: Limits, observers: Observers, tallies: Tallies) -> Self {
        Self {
            places: Places::new(limits.max_connections),
            peers: Arc::default(),
            limits: RwLock::new(Arc::new(limits)),
            observers,
            slow_threads: Arc::default(),
            tallies: Arc::new(tallies),
            stop_requested: CancellationToken::new(),
            stopping: AtomicBool::new(false),
            stop: CancellationToken::new(),
            open_at_stop: AtomicUsize::new(0),
        }
    }

    /// The limits of a connection that comes now.
    pub(super) fn limits(&self) -> Arc<Limits> {
        self.limits.read().clone()
    }

    /// Sets the limits of connections to come.
    pub(super) fn set_limits(&self, limits: Limits) {
        let mut current = self.limits.write();
        self.places
            .change(current.max_connections, limits.max_connections);
        self.tallies.set_most(limits.max_connections);
        *current = Arc::new(limits);
    }

    /// Has all connections end. Nothing is accepted any more.
    pub(super) fn stop_connections(&self) {
        let open = self.tallies.connections.len();
        self.open_at_stop.store(open, Ordering::Relaxed);
        self.stopping.store(true, Ordering::Release);
        self.tallies.connections.close();
        self.stop.cancel();
    }

    /// Waits until it has stopped.
    pub(super) async fn stopped(&self) -> ShutdownSummary {
        self.stop.cancelled().await;
        self.tallies.connections.wait().await;
        let counts = self.tallies.counts();
        ShutdownSummary {
            open: self.open_at_stop.load(Ordering::Relaxed),
            cut_off: counts.cut_off,
            served: counts.accepted,
        }
    }
}
