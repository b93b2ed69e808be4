//! The server: running, and stopping.
//!
//! `accept` has the caps on connections and survives errors, `task` is the task of one connection, which runs
//! [`serve`](super::serve). The drain is here.

mod accept;
mod state;
mod task;

use super::limits::Limits;
use super::listener::Listener;
use accept::accept_all;
use eco_contract::Session;
use state::ServerState;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The server's connections, when it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownSummary {
    /// Connections that were open when it was told to stop.
    pub open: usize,
    /// Those of them that had to be cut off at the end of the grace.
    pub cut_off: u64,
    /// All that were ever accepted.
    pub served: u64,
}

/// A server on sockets that listen already.
pub struct Server<L> {
    listeners: Vec<L>,
    limits: Limits,
}

impl<L: Listener> Server<L> {
    /// A server for these listeners. Nothing is accepted before [`run`](Self::run).
    pub fn new(listeners: Vec<L>, limits: Limits) -> Self {
        Self { listeners, limits }
    }

    /// Serves until `shutdown` is done; then stops accepting, closes idle connections, and gives
    /// replies in flight the grace of [`Limits`]. Each connection gets a session of its own.
    pub async fn run<S, F>(
        self,
        new_session: F,
        shutdown: impl Future<Output = ()>,
    ) -> ShutdownSummary
    where
        S: Session + 'static,
        F: Fn() -> S + Send + Sync + 'static,
    {
        let server = Arc::new(ServerState::new(self.limits));
        {
            // Dropped at the end of this block, and the listening sockets with it.
            let accepting = pin!(accept_all(self.listeners, &server, new_session));
            let shutdown = pin!(shutdown);
            tokio::select! {
                () = shutdown => {}
                () = accepting => {}
            }
        }
        let open = server.connections.len();
        server.stopping.store(true, Ordering::Release);
        server.stop.cancel();
        server.connections.close();
        server.connections.wait().await;
        ShutdownSummary {
            open,
            cut_off: server.cut_off.load(Ordering::Relaxed),
            served: server.accepted.load(Ordering::Relaxed),
        }
    }
}
