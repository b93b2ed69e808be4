//! A connection on its way to a session.

use super::end_log::EndLog;
use super::event::{Refusal, ServerEvent};
use super::state::ServerState;
use crate::arriving::Arriving;
use crate::limits::Limits;
use crate::peers::Admission;
use eco_contract::{Connection, PeerDetails};
use std::mem::take;
use std::sync::Arc;
use tracing::Span;
use tracing::field::{DisplayValue, Empty, display};

/// A connection that was accepted and has no session yet. It is opened or refused, once, also if its task is dropped.
pub(super) struct Unopened {
    pub(super) arriving: Arriving,
    /// Its limits, whatever those of the server are later.
    pub(super) limits: Arc<Limits>,
    server: Arc<ServerState>,
    /// All that happens to it is within this span, from now on.
    span: Span,
    is_settled: bool,
}

impl Unopened {
    pub(super) fn new(arriving: Arriving, server: Arc<ServerState>) -> Self {
        let connection = arriving.id;
        Self {
            arriving,
            limits: server.limits(),
            server,
            span: tracing::info_span!("connection", connection, version = Empty),
            is_settled: false,
        }
    }

    /// The span for its task: its own, or the one that it came in, where nobody wants to know of its own.
    pub(super) fn span(&self) -> Span {
        if self.span.is_disabled() {
            Span::current()
        } else {
            self.span.clone()
        }
    }

    /// Counts it as one of its peer's, where each peer may have so many. It is not counted while its peer is unknown.
    pub(super) fn admit(&self) -> Result<Option<Admission>, Refusal> {
        let most = self.limits.max_connections_per_peer;
        let (Some(most), Some(origin)) = (most, self.arriving.origin) else {
            return Ok(None);
        };
        let admission = self.server.peers.admit(origin, most);
        admission.map(Some).ok_or(Refusal::TooMany(most))
    }

    /// It has a session, of this version.
    pub(super) fn open(mut self, version: Option<u64>) -> (Connection, EndLog) {
        self.is_settled = true;
        self.span.record("version", version);
        let Arriving {
            id,
            peer,
            local,
            origin,
            details,
            ..
        } = &mut self.arriving;
        let connection = Connection {
            id: *id,
            peer: take(peer),
            local: take(local),
            origin: *origin,
            details: take(details),
        };
        let end_log = EndLog::new(&connection, version, self.server.clone());
        let Connection { peer, local, .. } = &connection;
        let proxy = proxy_of(connection.details.as_deref());
        tracing::info!(connection = connection.id, %peer, %local, proxy, version, "opened");
        self.server.observers.tell(|| ServerEvent::Opened {
            connection: connection.clone(),
            version,
        });
        (connection, end_log)
    }

    /// It gets no session. Its line in the log is the only one.
    pub(super) fn refuse(mut self, why: Refusal) {
        self.refused(why);
    }

    fn refused(&mut self, why: Refusal) {
        self.is_settled = true;
        self.server.tallies.refuse(&why);
        let (reason, error) = (why.code(), &why);
        let Arriving {
            id,
            peer,
            local,
            details,
            ..
        } = &mut self.arriving;
        let proxy = proxy_of(details.as_deref());
        match &why {
            // Strangers can have as many of these as they like.
            Refusal::HandshakeFailed(_) | Refusal::HandshakeTimedOut(_) | Refusal::Stopping => {
                tracing::info!(connection = id, %peer, proxy, reason, %error, "refused");
            }
            Refusal::TooMany(_) | Refusal::NoSession | Refusal::Dropped => {
                tracing::warn!(connection = id, %peer, proxy, reason, %error, "refused");
            }
        }
        self.server.observers.tell(|| ServerEvent::Refused {
            id: *id,
            peer: take(peer),
            local: take(local),
            why,
        });
    }
}

impl Drop for Unopened {
    fn drop(&mut self) {
        if !self.is_settled {
            self.refused(Refusal::Dropped);
        }
    }
}

/// The proxy that a connection came through, for the log.
fn proxy_of(details: Option<&PeerDetails>) -> Option<DisplayValue<&str>> {
    details?.proxy.as_deref().map(display)
}
