//! The server: listening with several listeners, and stopping.
//!
//! `accept` has the caps on connections and survives errors, `unopened` is a connection before its session, `task` the
//! task of one, which runs [`serve`](super::serve), and `handle` has the server that runs. The server before its start
//! is here.

mod accept;
mod end_log;
mod event;
mod figures;
mod handle;
mod places;
mod state;
mod task;
mod traffic;
mod unopened;

pub use event::{EndReason, Refusal, ServerEvent};
pub use figures::{ServerCounts, ServerFigures};
pub use handle::{Listening, ServerHandle, StopSignal};
pub use state::ShutdownSummary;

use super::arriving::Arriving;
use super::limits::Limits;
use super::listener::Listener;
use super::stream_observer::StreamObserver;
use accept::{Accept, accept_from};
use eco_contract::{Connection, Session};
use event::Observers;
use figures::Tallies;
use state::ServerState;
use std::fmt;
use std::sync::Arc;
use traffic::Traffic;

/// A server, before its start. Its listeners share its limits.
#[must_use = "a server does nothing before it is started"]
pub struct Server {
    limits: Limits,
    listeners: Vec<Accept>,
    observers: Observers,
    counts_traffic: bool,
}

impl Server {
    /// A server without listeners.
    pub fn builder(limits: Limits) -> Self {
        Self {
            limits,
            listeners: Vec::new(),
            observers: Observers::default(),
            counts_traffic: false,
        }
    }

    /// Serves the connections of this listener too, which listens already. Nothing is accepted before
    /// [`start`](Self::start).
    ///
    /// `sessions` is called once for each connection, in its task and after its handshake. Without a session the
    /// connection is refused: by a reset, if its transport has one. It is called within the runtime and should not block. Other listeners may have
    /// sessions of other types; for several types at one listener see [`BoxSession`](eco_contract::BoxSession).
    pub fn listen<L, S, F>(mut self, listener: L, sessions: F) -> Self
    where
        L: Listener + 'static,
        S: Session + 'static,
        F: Fn(&Arriving) -> Option<S> + Send + Sync + 'static,
    {
        self.listeners.push(accept_from(listener, sessions));
        self
    }

    /// Tells `observer` of each event, beside those who are told already. It is called in the task of the event, before
    /// that goes on, and should not block. A panic of it is its own.
    pub fn observe(mut self, observer: impl Fn(&ServerEvent) + Send + Sync + 'static) -> Self {
        self.observers.add(Box::new(observer));
        self
    }

    /// Has the stream of each connection observed by what `observers` makes for it, from the connection and the version of
    /// its session; by nobody where it makes none. It is called when the connection is opened, before
    /// [`ServerEvent::Opened`] is told. A server has one such function, the last.
    pub fn observe_streams<F>(mut self, observers: F) -> Self
    where
        F: Fn(&Connection, Option<u64>) -> Option<Arc<dyn StreamObserver>> + Send + Sync + 'static,
    {
        self.observers.set_streams(Box::new(observers));
        self
    }

    /// Counts what goes through all connections, for [`ServerFigures::traffic`]. A connection needs a line of the
    /// processor's cache for it, and a lock when it comes and when it goes. The way of a chunk is the same.
    pub fn counting_traffic(mut self) -> Self {
        self.counts_traffic = true;
        self
    }

    /// Starts to accept and to serve, in tasks of the tokio runtime that this is called in. The runtime has to have its
    /// timers and its input and output on.
    ///
    /// # Spans
    /// The tasks are in the span of `tracing` that this is called in. Within it each connection has a span of its own,
    /// `connection`, of the level INFO, with its number and its session's version. It begins when the connection is accepted
    /// and is over with its task; a call that is slow takes it along to other threads. Without a subscriber that wants it,
    /// it costs next to nothing.
    ///
    /// # Threads
    /// At its first slow call a server starts a thread for each processor, `eco-background`, of the lowest priority: slow
    /// calls go on there ([`SlowFlag`](eco_contract::SlowFlag)). They end with the server. All else is done in the
    /// runtime's own.
    ///
    /// # Panics
    /// There is no runtime here.
    pub fn start(self) -> ServerHandle {
        let traffic = self.counts_traffic.then(Traffic::default);
        let tallies = Tallies::new(self.limits.max_connections, traffic);
        let state = Arc::new(ServerState::new(self.limits, self.observers, tallies));
        ServerHandle::start(self.listeners, state)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("limits", &self.limits)
            .field("listeners", &self.listeners.len())
            .finish_non_exhaustive()
    }
}
