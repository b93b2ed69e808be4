//! A connection that was accepted, before its session: what is known of it by then.

use super::peers::origin_of_address;
use eco_contract::{Origin, PeerDetails};
use std::net::IpAddr;

/// A connection that was accepted, as the function sees it that makes its session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arriving {
    /// Counts the connections of one server, from 1.
    pub id: u64,
    /// The other end, as its transport writes it: `192.168.1.7:50344` for TCP, `uid:1000` for a Unix socket.
    pub peer: String,
    /// This end: `192.168.1.2:5005`, or `unix:/run/eco.sock`.
    pub local: String,
    /// The peer's IP address, if it has one.
    pub peer_address: Option<IpAddr>,
    /// The peer by which connections are counted, as far as the transport tells.
    pub origin: Option<Origin>,
    /// What the transport tells of the peer beside that ([`Transport::describe`](crate::Transport::describe)).
    pub details: Option<Box<PeerDetails>>,
}

impl Arriving {
    /// The details, to be added to.
    pub fn details_mut(&mut self) -> &mut PeerDetails {
        self.details.get_or_insert_default()
    }

    /// The name of the server that the peer asked for in a handshake of TLS. A stranger's text.
    pub fn server_name(&self) -> Option<&str> {
        self.details.as_ref()?.tls.as_ref()?.server_name.as_deref()
    }

    /// Makes it a connection of the peer at this address, by which it is counted from now on.
    pub fn set_address(&mut self, address: IpAddr) {
        self.peer_address = Some(address);
        self.origin = Some(origin_of_address(address));
    }

    /// One for tests.
    #[cfg(test)]
    pub(super) fn of_nobody() -> Self {
        Self {
            id: 1,
            peer: "nobody".to_owned(),
            local: "here".to_owned(),
            peer_address: None,
            origin: None,
            details: None,
        }
    }
}
