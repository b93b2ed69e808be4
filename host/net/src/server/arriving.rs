//! A connection that was accepted and has no session yet.

use super::end_log::EndLog;
use super::event::{Refusal, ServerEvent};
use super::state::ServerState;
use eco_contract::{Connection, Origin};
use std::mem::take;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A connection that was accepted, as the function sees it that makes its session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arriving {
    /// Counts the connections of one server, from 1.
    pub id: u64,
    /// The other end, as its transport writes it: `192.168.1.7:50344` for TCP, `uid:1000` for a Unix socket.
    pub peer: String,
    /// This end: an address, or the path of a Unix socket.
    pub local: String,
    /// The peer's IP address, if it has one.
    pub peer_address: Option<IpAddr>,
    /// The peer by which connections are counted, as far as the transport tells.
    pub origin: Option<Origin>,
    /// The name of the server that the peer asked for, where the transport has such names
    /// ([`Transport::server_name`](crate::Transport::server_name)). A stranger's text.
    pub server_name: Option<String>,
}

/// Such a connection on its way to a session. It is opened or refused, once, also if its task is dropped.
pub(super) struct Unopened {
    pub(super) arriving: Arriving,
    server: Arc<ServerState>,
    is_settled: bool,
}

impl Unopened {
    pub(super) fn new(arriving: Arriving, server: Arc<ServerState>) -> Self {
        Self {
            arriving,
            server,
            is_settled: false,
        }
    }

    /// It has a session, of this version.
    pub(super) fn open(mut self, version: Option<u64>) -> (Connection, EndLog) {
        self.is_settled = true;
        let Arriving {
            id,
            peer,
            local,
            origin,
            ..
        } = &mut self.arriving;
        let connection = Connection {
            id: *id,
            peer: take(peer),
            local: take(local),
            origin: *origin,
        };
        let end_log = EndLog::new(connection.id, version, self.server.clone());
        let Connection { peer, local, .. } = &connection;
        tracing::info!(connection = connection.id, %peer, %local, version, "opened");
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
        self.server.refused.fetch_add(1, Ordering::Relaxed);
        let (reason, error) = (why.code(), &why);
        let Arriving {
            id, peer, local, ..
        } = &mut self.arriving;
        match &why {
            // Strangers can have as many of these as they like.
            Refusal::HandshakeFailed(_) | Refusal::HandshakeTimedOut(_) | Refusal::Stopping => {
                tracing::info!(connection = id, %peer, reason, %error, "refused");
            }
            Refusal::TooMany(_) | Refusal::NoSession | Refusal::Dropped => {
                tracing::warn!(connection = id, %peer, reason, %error, "refused");
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
