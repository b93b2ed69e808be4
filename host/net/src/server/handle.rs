//! A running server, and how it stops.

use super::accept::{Accept, Change, accept_all, accept_from};
use super::figures::{ServerCounts, ServerFigures};
use super::state::{ServerState, ShutdownSummary};
use crate::arriving::Arriving;
use crate::limits::Limits;
use crate::listener::Listener;
use eco_contract::Session;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// A running server. It stops when this is dropped. Its listeners and its limits may change while it runs.
///
/// A server that stops closes its listeners and its idle connections at once, and gives replies on their way the grace
/// of [`Limits`]; what is left then is reset. It does so in the background, as long as the runtime runs.
#[must_use = "the server stops when its handle is dropped"]
pub struct ServerHandle {
    state: Arc<ServerState>,
    changes: UnboundedSender<Change>,
    /// Listeners that were added so far.
    added: AtomicU64,
}

/// A listener that was added to a running server. Dropped, it stays with the server.
#[derive(Debug)]
pub struct Listening {
    number: u64,
    changes: UnboundedSender<Change>,
}

impl Listening {
    /// Closes the listener. The connections that it has accepted go on.
    ///
    /// # Cancel safety
    /// The listener is closed all the same when the future is dropped, once it was polled.
    pub async fn close(self) {
        let (closes, closed) = oneshot::channel();
        // Either fails where the server has stopped, and all its listeners are closed.
        if self
            .changes
            .send(Change::Close(self.number, closes))
            .is_ok()
        {
            let _ = closed.await;
        }
    }
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
        let (changes, news) = unbounded_channel();
        let running = run(listeners, news, StopsConnections(state.clone()));
        tokio::spawn(running.in_current_span());
        Self {
            state,
            changes,
            added: AtomicU64::new(0),
        }
    }

    /// Serves the connections of this listener too, as [`Server::listen`](super::Server::listen) does, from now on.
    pub fn listen<L, S, F>(&self, listener: L, sessions: F) -> Listening
    where
        L: Listener + 'static,
        S: Session + 'static,
        F: Fn(&Arriving) -> Option<S> + Send + Sync + 'static,
    {
        let number = self.added.fetch_add(1, Ordering::Relaxed);
        // It fails where the server has stopped, and closes the listener.
        let _ = (self.changes).send(Change::Listen(number, accept_from(listener, sessions)));
        Listening {
            number,
            changes: self.changes.clone(),
        }
    }

    /// Sets the limits of connections that come from now on. Those that are there keep theirs, but count: where there
    /// are more than there may be now, the next ones wait until enough have ended. A peer has them counted from when on
    /// there was a limit for it. The [`grace`](Limits::grace) is for all.
    pub fn set_limits(&self, limits: Limits) {
        self.state.set_limits(limits);
        // It fails where the server has stopped.
        let _ = self.changes.send(Change::Limits);
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
        self.state.tallies.counts()
    }

    /// What it counts, for whoever watches it without the handle.
    pub fn figures(&self) -> ServerFigures {
        ServerFigures(self.state.tallies.clone())
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
async fn run(listeners: Vec<Accept>, changes: UnboundedReceiver<Change>, server: StopsConnections) {
    let state = &server.0;
    // The listeners are dropped with this future, before the connections hear of it.
    tokio::select! {
        () = state.stop_requested.cancelled() => {}
        () = accept_all(listeners, changes, state) => {}
    }
}
