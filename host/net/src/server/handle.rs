//! A running server, and how it stops.

use super::accept::{Accept, accept_all};
use super::state::{ServerCounts, ServerState, ShutdownSummary};
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A running server. It stops when this is dropped.
///
/// A server that stops closes its listeners and its idle connections at once, and gives replies on their way the grace
/// of [`Limits`](crate::Limits); what is left then is reset. It does so in the background, as long as the runtime runs.
#[must_use = "the server stops when its handle is dropped"]
pub struct ServerHandle {
    state: Arc<ServerState>,
}

/// Has a server stop, from anywhere. Clones are for the same server, and dropping one does nothing.
#[derive(Clone, Debug)]
pub struct StopSignal(CancellationToken);

impl StopSignal {
    /// Has the server stop. More than once is as good as once.
    pub fn stop(&self) {
        self.0.cancel();
    }
}

impl ServerHandle {
    pub(super) fn start(listeners: Vec<Accept>, state: Arc<ServerState>) -> Self {
        tokio::spawn(run(listeners, StopsConnections(state.clone())));
        Self { state }
    }

    /// Stops the server, and waits until its last connection has ended: for the grace at most, and a moment.
    ///
    /// # Cancel safety
    /// The server stops all the same when the future is dropped, once it was polled.
    pub async fn stop(&self) -> ShutdownSummary {
        self.state.stop_requested.cancel();
        self.wait().await
    }

    /// Waits until the server has stopped, which another has it do by [`stop`](Self::stop) or a [`StopSignal`].
    ///
    /// # Cancel safety
    /// It can be dropped and called again.
    pub async fn wait(&self) -> ShutdownSummary {
        self.state.stopped().await
    }

    /// What has the server stop without the handle.
    pub fn stop_signal(&self) -> StopSignal {
        StopSignal(self.state.stop_requested.clone())
    }

    /// The connections at this moment.
    pub fn counts(&self) -> ServerCounts {
        self.state.counts()
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.state.stop_requested.cancel();
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// Has the connections end when it is dropped: also if the runtime ends.
struct StopsConnections(Arc<ServerState>);

impl Drop for StopsConnections {
    fn drop(&mut self) {
        self.0.stop_connections();
    }
}

/// Accepts until the server is to stop, and then has its connections end.
async fn run(listeners: Vec<Accept>, server: StopsConnections) {
    let state = &server.0;
    // The listeners are dropped with this future, before the connections hear of it.
    tokio::select! {
        () = state.stop_requested.cancelled() => {}
        () = accept_all(listeners, state) => {}
    }
}
