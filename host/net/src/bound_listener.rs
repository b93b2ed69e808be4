//! A listener that knows what it listens on: one of TCP, or of a Unix socket.

use super::listener::{Accepted, Listener, ask_local_address, tcp_connection};
#[cfg(unix)]
use super::socket_file::SocketFile;
use super::stream::Stream;
#[cfg(unix)]
use super::unix::unix_connection;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

/// What a listener listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocalAddress {
    /// An address of TCP.
    Tcp(SocketAddr),
    /// A Unix socket, as it is typed: `unix:/run/eco.sock`.
    Unix(String),
}

impl LocalAddress {
    /// The address of TCP, if it is one.
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for LocalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(address) => f.write_str(address),
        }
    }
}

/// A listener that knows its address: it is this end of all its connections, and the system is asked for that only
/// where it listens on a wildcard such as `0.0.0.0`. A [`TcpListener`] asks for each connection, which is needed where
/// the system hands it connections to other addresses (TPROXY).
#[derive(Debug)]
pub struct BoundListener {
    socket: Socket,
    address: LocalAddress,
    /// This end of all its connections, if they have the same.
    local: Option<String>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: UnixListener,
        _file: Option<SocketFile>,
    },
}

impl BoundListener {
    /// A listener with its address.
    ///
    /// # Errors
    /// The system doesn't tell the address.
    pub fn tcp(listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let is_wildcard = address.ip().to_canonical().is_unspecified();
        Ok(Self {
            socket: Socket::Tcp(listener),
            address: LocalAddress::Tcp(address),
            local: (!is_wildcard).then(|| address.to_string()),
        })
    }

    /// A listener at this address. The file goes when it is dropped.
    #[cfg(unix)]
    pub(super) fn unix(listener: UnixListener, address: String, file: Option<SocketFile>) -> Self {
        Self {
            socket: Socket::Unix {
                listener,
                _file: file,
            },
            address: LocalAddress::Unix(address.clone()),
            local: Some(address),
        }
    }

    /// What it listens on.
    pub fn address(&self) -> &LocalAddress {
        &self.address
    }
}

impl Listener for BoundListener {
    type Transport = Stream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<Stream>>> {
        match &mut self.socket {
            Socket::Tcp(listener) => {
                let (transport, peer) = ready!(TcpListener::poll_accept(listener, cx))?;
                let local = match &self.local {
                    Some(local) => local.clone(),
                    None => ask_local_address(&transport, peer),
                };
                Poll::Ready(Ok(tcp_connection(transport, peer, local).map(Stream::Tcp)))
            }
            #[cfg(unix)]
            Socket::Unix { listener, .. } => {
                let (transport, _) = ready!(UnixListener::poll_accept(listener, cx))?;
                let local = self.address.to_string();
                Poll::Ready(Ok(unix_connection(transport, local).map(Stream::Unix)))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::net::Ipv4Addr;
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn a_connection_has_the_address_that_its_peer_came_to() {
        for listens in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
            let tcp = TcpListener::bind((listens, 0)).await.unwrap();
            let mut listener = BoundListener::tcp(tcp).unwrap();
            let port = listener.address().tcp().unwrap().port();
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
            let listener = BoundListener::tcp(tcp).unwrap();
            let address = listener.address().to_string();
            assert_eq!(listener.local, has_one.then_some(address), "{listens}");
        }
    }
}
