//! Listeners: the trait of any kind of listener, and TCP's.

use super::peers::origin_of_address;
use super::transport::Transport;
use eco_contract::Origin;
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

/// It asks the system for this end of each connection. One that knows it is a [`BoundListener`].
impl Listener for TcpListener {
    type Transport = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<TcpStream>>> {
        let (transport, peer) = ready!(TcpListener::poll_accept(self, cx))?;
        let local = ask_local_address(&transport, peer);
        Poll::Ready(Ok(accepted(transport, peer, local)))
    }
}

/// A TCP listener that knows its address: it is this end of all its connections, and the system is asked for that only
/// where it listens on a wildcard such as `0.0.0.0`. A [`TcpListener`] asks for each connection, which is needed where
/// the system hands it connections to other addresses (TPROXY).
#[derive(Debug)]
pub struct BoundListener {
    listener: TcpListener,
    address: SocketAddr,
    /// This end of all its connections, if they have the same.
    local: Option<String>,
}

impl BoundListener {
    /// A listener with its address.
    ///
    /// # Errors
    /// The system doesn't tell the address.
    pub fn new(listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let is_wildcard = address.ip().to_canonical().is_unspecified();
        Ok(Self {
            listener,
            address,
            local: (!is_wildcard).then(|| address.to_string()),
        })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The listener.
    pub fn into_inner(self) -> TcpListener {
        self.listener
    }
}

impl Listener for BoundListener {
    type Transport = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<TcpStream>>> {
        let (transport, peer) = ready!(self.listener.poll_accept(cx))?;
        let local = match &self.local {
            Some(local) => local.clone(),
            None => ask_local_address(&transport, peer),
        };
        Poll::Ready(Ok(accepted(transport, peer, local)))
    }
}

/// This end of a connection, as the system tells it.
fn ask_local_address(transport: &TcpStream, peer: SocketAddr) -> String {
    // It fails only on a connection that is gone already, which the first read will find out.
    transport.local_addr().unwrap_or(peer).to_string()
}

/// A connection between these addresses.
fn accepted(transport: TcpStream, peer: SocketAddr, local: String) -> Accepted<TcpStream> {
    // It fails only on a connection that is gone already.
    let _ = transport.set_nodelay(true);
    Accepted::new(transport, peer.to_string(), local).with_address(peer.ip())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn a_connection_has_the_address_that_its_peer_came_to() {
        for listens in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
            let tcp = TcpListener::bind((listens, 0)).await.unwrap();
            let mut listener = BoundListener::new(tcp).unwrap();
            let port = listener.address().port();
            let peer = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .unwrap();
            let accepted = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
            assert_eq!(accepted.local, format!("127.0.0.1:{port}"), "{listens}");
            assert_eq!(accepted.local, peer.peer_addr().unwrap().to_string());
            assert_eq!(accepted.peer, peer.local_addr().unwrap().to_string());
        }
    }

    #[tokio::test]
    async fn the_system_is_asked_only_where_connections_may_have_several_addresses() {
        for (listens, has_one) in [
            ("127.0.0.1:0", true),
            ("[::1]:0", true),
            ("0.0.0.0:0", false),
            ("[::]:0", false),
            ("[::ffff:0.0.0.0]:0", false),
        ] {
            // A machine may lack IPv6.
            let Ok(tcp) = TcpListener::bind(listens).await else {
                continue;
            };
            let listener = BoundListener::new(tcp).unwrap();
            let address = listener.address().to_string();
            assert_eq!(listener.local, has_one.then_some(address), "{listens}");
        }
    }
}
