//! Listeners: the trait of any kind of listener, and TCP's.

use super::peers::origin_of_address;
use super::transport::Transport;
use eco_contract::{Origin, PeerDetails};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
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
    /// What is known of the peer beside that.
    pub details: Option<Box<PeerDetails>>,
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
            details: None,
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

    /// The same, of whom this is known.
    pub fn with_details(self, details: PeerDetails) -> Self {
        let details = Some(Box::new(details));
        Self { details, ..self }
    }

    /// The same connection with another transport, which is made of this one.
    pub fn map<U>(self, transport: impl FnOnce(T) -> U) -> Accepted<U> {
        Accepted {
            transport: transport(self.transport),
            peer: self.peer,
            local: self.local,
            peer_address: self.peer_address,
            origin: self.origin,
            details: self.details,
        }
    }
}

/// A listener whose connections are changed as they are accepted: into one of another transport, say.
pub struct MappedListener<L, F> {
    listener: L,
    map: F,
}

impl<L, F> MappedListener<L, F> {
    /// The connections of `listener`, each changed by `map`, which returns at once: what takes time belongs into
    /// [`Transport::handshake`].
    pub fn new(listener: L, map: F) -> Self {
        Self { listener, map }
    }
}

impl<L, F, T> Listener for MappedListener<L, F>
where
    L: Listener,
    F: FnMut(Accepted<L::Transport>) -> Accepted<T> + Send,
    T: Transport + 'static,
{
    type Transport = T;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<T>>> {
        self.listener
            .poll_accept(cx)
            .map(|accepted| accepted.map(&mut self.map))
    }
}

impl<L: fmt::Debug, F> fmt::Debug for MappedListener<L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listener.fmt(f)
    }
}

/// It asks the system for this end of each connection. One that knows it is a [`BoundListener`](super::BoundListener).
impl Listener for TcpListener {
    type Transport = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<TcpStream>>> {
        let (transport, peer) = ready!(TcpListener::poll_accept(self, cx))?;
        let local = ask_local_address(&transport, peer);
        Poll::Ready(Ok(tcp_connection(transport, peer, local)))
    }
}

/// This end of a connection, as the system tells it.
pub(super) fn ask_local_address(transport: &TcpStream, peer: SocketAddr) -> String {
    // It fails only on a connection that is gone already, which the first read will find out.
    transport.local_addr().unwrap_or(peer).to_string()
}

/// A connection between these addresses.
pub(super) fn tcp_connection(
    transport: TcpStream,
    peer: SocketAddr,
    local: String,
) -> Accepted<TcpStream> {
    // It fails only on a connection that is gone already.
    let _ = transport.set_nodelay(true);
    Accepted::new(transport, peer.to_string(), local).with_address(peer.ip())
}
