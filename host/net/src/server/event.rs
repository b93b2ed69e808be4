//! The events of a server, and those who observe them.

use crate::counts::Counts;
use crate::end::End;
use crate::limits::Limit;
use crate::stream_observer::StreamObserver;
use eco_contract::{Connection, Reason};
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// An event of a server. Each connection that was accepted has either one `Refused`, or one `Opened` and later one `Ended`,
/// also if its task panics or is dropped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerEvent {
    /// A connection has a session now.
    #[non_exhaustive]
    Opened {
        /// The connection, as its session sees it.
        connection: Connection,
        /// The version of the session's code, if there are several.
        version: Option<u64>,
    },
    /// A connection was accepted and got no session.
    #[non_exhaustive]
    Refused {
        /// Counts the connections of one server, from 1.
        id: u64,
        /// The other end, as its transport writes it.
        peer: String,
        /// This end.
        local: String,
        /// Why.
        why: Refusal,
    },
    /// A connection that was opened has ended. It has its place for a moment yet.
    #[non_exhaustive]
    Ended {
        /// That of the connection.
        id: u64,
        /// The version of the session's code, if there are several.
        version: Option<u64>,
        /// Why.
        reason: EndReason,
        /// What went through it.
        counts: Counts,
        /// The time since it was opened.
        duration: Duration,
        /// The budget that its session has broken, if it failed by that ([`Session::broken_budget`]).
        ///
        /// [`Session::broken_budget`]: eco_contract::Session::broken_budget
        budget: Option<&'static str>,
        /// The limit of the server that was reached, if that was the end.
        limit: Option<Limit>,
        /// What went wrong, or why the session refused it: one line, escaped, as in the log.
        error: Option<String>,
    },
    /// A listener has failed to accept, or has panicked. The server tries on.
    #[non_exhaustive]
    AcceptFailed {
        /// The system's error, or the listener's own.
        error: String,
    },
}

/// Why a connection was refused before it had a session. Its peer sees a reset if the transport has one by then, and after
/// a handshake that failed what that has told it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Its peer has so many connections, and may have no more.
    TooMany(NonZeroUsize),
    /// The listener has no session for it.
    NoSession,
    /// The transport's handshake failed: one line, escaped.
    HandshakeFailed(String),
    /// The transport's handshake took longer than so.
    HandshakeTimedOut(Duration),
    /// The server stopped before the handshake was through.
    Stopping,
    /// Its task was dropped: making its session panicked, or the runtime has ended.
    Dropped,
}

impl Refusal {
    /// The codes of all refusals.
    pub(super) const CODES: [&str; 6] = [
        "too-many",
        "no-session",
        "handshake-failed",
        "handshake-timed-out",
        "stopping",
        "dropped",
    ];

    /// The reason in one word, stable: logs and tests use it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany(_) => "too-many",
            Self::NoSession => "no-session",
            Self::HandshakeFailed(_) => "handshake-failed",
            Self::HandshakeTimedOut(_) => "handshake-timed-out",
            Self::Stopping => "stopping",
            Self::Dropped => "dropped",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany(most) => {
                write!(f, "this peer has {most} connections, and may have no more")
            }
            Self::NoSession => f.write_str("there is no session for this connection"),
            Self::HandshakeFailed(error) => write!(f, "the handshake failed: {error}"),
            Self::HandshakeTimedOut(limit) => {
                write!(f, "the handshake took longer than {limit:?}")
            }
            Self::Stopping => f.write_str("the server is stopping"),
            Self::Dropped => f.write_str("the task of this connection was dropped"),
        }
    }
}

/// Why a connection ended, as the log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// Both sides have finished sending.
    Ended,
    /// The session closed or reset it.
    ByPlugin,
    /// The session refused it.
    Refused,
    /// The session failed.
    Failed,
    /// The peer, or the network, tore it down.
    PeerReset,
    /// Nothing came from the peer, and nothing was written to it, for too long.
    Idle,
    /// The peer took none of a reply for too long, or too little of it.
    Stalled,
    /// The server is stopping.
    Stopping,
    /// The server stopped, and the grace was over before a reply was through.
    CutOff,
    /// Its task was dropped: the session panicked, or the runtime has ended.
    Dropped,
}

impl EndReason {
    /// All of them, in their order.
    pub(super) const ALL: [Self; 10] = [
        Self::Ended,
        Self::ByPlugin,
        Self::Refused,
        Self::Failed,
        Self::PeerReset,
        Self::Idle,
        Self::Stalled,
        Self::Stopping,
        Self::CutOff,
        Self::Dropped,
    ];

    /// The reason in one word, stable: the log has it. One that was cut off is `stopping` there.
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Dropped => "dropped",
            Self::Ended => Reason::Ended.code(),
            Self::ByPlugin => Reason::ByPlugin.code(),
            Self::Failed => Reason::Failed.code(),
            Self::PeerReset => Reason::PeerReset.code(),
            Self::Idle => Reason::Idle.code(),
            Self::Stalled => Reason::Stalled.code(),
            Self::Stopping | Self::CutOff => Reason::Stopping.code(),
        }
    }
}

impl<E> From<&End<E>> for EndReason {
    fn from(end: &End<E>) -> Self {
        match end {
            End::Ended => Self::Ended,
            End::ByPlugin(_) => Self::ByPlugin,
            End::Refused(_) => Self::Refused,
            End::Failed(_) | End::RepliedAfterFinish | End::Unsendable(_) => Self::Failed,
            End::PeerReset(_) => Self::PeerReset,
            End::Idle => Self::Idle,
            End::Stalled => Self::Stalled,
            End::Stopping => Self::Stopping,
            End::CutOff => Self::CutOff,
        }
    }
}

/// A function that is told of events.
pub(super) type Observer = Box<dyn Fn(&ServerEvent) + Send + Sync>;

/// Makes the observer of the stream of a connection that is opened.
pub(super) type StreamObservers =
    Box<dyn Fn(&Connection, Option<u64>) -> Option<Arc<dyn StreamObserver>> + Send + Sync>;

/// Those who observe a server.
#[derive(Default)]
pub(super) struct Observers {
    all: Vec<Observer>,
    streams: Option<StreamObservers>,
}

impl Observers {
    pub(super) fn add(&mut self, observer: Observer) {
        self.all.push(observer);
    }

    pub(super) fn set_streams(&mut self, observers: StreamObservers) {
        self.streams = Some(observers);
    }

    /// Who observes the stream of this connection, whose session has this version.
    pub(super) fn of_stream(
        &self,
        connection: &Connection,
        version: Option<u64>,
    ) -> Option<Arc<dyn StreamObserver>> {
        let streams = self.streams.as_ref()?;
        catch_unwind(AssertUnwindSafe(|| streams(connection, version))).unwrap_or_default()
    }

    /// Tells all of them. The event is made only if there is one.
    pub(super) fn tell(&self, event: impl FnOnce() -> ServerEvent) {
        if self.all.is_empty() {
            return;
        }
        let event = event();
        for observer in &self.all {
            // It is told of panics too, and a second one during the first would end the process.
            let _ = catch_unwind(AssertUnwindSafe(|| observer(&event)));
        }
    }
}
