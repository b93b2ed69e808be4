//! Listeners: the trait of any kind of listener, and TCP's.

use super::peers::origin_of_address;
use super::transport::Transport;
use eco_contract::Origin;
use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll, ready};
use tokio::net::{TcpListener, TcpStream};

/// Something that accepts connections.
pub trait Listener: Send {
    /// The transport of its connections.
    type Transport: Transport + 'static;

    /// The next connection. It returns at once: what takes time belongs into [`Transport::handshake`].
    ///
    /// # Errors
    /// There is none this time. The server tries on: at once after `ConnectionAborted`, `ConnectionRefused`,
    /// `ConnectionReset` and `Interrupted`, which are about one connection, and after 50 ms for all others. A panic is
    /// such an error too: it stops neither the server nor its other listeners.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<Self::Transport>>>;
}

/// A connection that was accepted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Accepted<T> {
    /// The stream.
    pub transport: T,
    /// The other end, as the transport writes it.
    pub peer: String,
    /// This end.
    pub local: String,
    /// The peer's IP address, if it has one.
    pub peer_address: Option<IpAddr>,
    /// The peer by which connections are counted. `None`: an unknown one, whose connections are bounded by their number
    /// in all alone.
    pub origin: Option<Origin>,
}

impl<T> Accepted<T> {
    /// A connection of an unknown peer, with the texts for both ends.
    pub fn new(transport: T, peer: impl Into<String>, local: impl Into<String>) -> Self {
        Self {
            transport,
            peer: peer.into(),
            local: local.into(),
            peer_address: None,
            origin: None,
        }
    }

    /// The same, of the peer at this address: an IPv4 address is a peer, and an IPv6 /64.
    pub fn with_address(self, address: IpAddr) -> Self {
        Self {
            peer_address: Some(address),
            origin: Some(origin_of_address(address)),
            ..self
        }
    }

    /// The same, of this peer.
    pub fn with_origin(self, origin: Origin) -> Self {
        let origin = Some(origin);
        Self { origin, ..self }
    }

    /// The same connection with another transport, which is made of this one.
    pub fn map<U>(self, transport: impl FnOnce(T) -> U) -> Accepted<U> {
        Accepted {
            transport: transport(self.transport),
            peer: self.peer,
            local: self.local,
            peer_address: self.peer_address,
            origin: self.origin,
        }
    }
}

impl Listener for TcpListener {
    type Transport = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<TcpStream>>> {
        let (transport, peer) = ready!(TcpListener::poll_accept(self, cx))?;
        // Both fail only on a connection that is gone already, which the first read will find out.
        let _ = transport.set_nodelay(true);
        let local = transport.local_addr().unwrap_or(peer);
        let accepted = Accepted::new(transport, peer.to_string(), local.to_string());
        Poll::Ready(Ok(accepted.with_address(peer.ip())))
    }
}
