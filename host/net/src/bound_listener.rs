//! A listener that knows what it listens on: one of TCP, or of a Unix socket.

use super::listener::{Accepted, Listener, ask_local_address, tcp_connection};
#[cfg(unix)]
use super::socket_file::SocketFile;
use super::stream::Stream;
#[cfg(unix)]
use super::unix::unix_connection;
use socket2::SockRef;
use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::sync::Arc;
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
        /// The file goes with the last listener of the socket.
        file: Option<Arc<SocketFile>>,
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
                file: file.map(Arc::new),
            },
            address: LocalAddress::Unix(address.clone()),
            local: Some(address),
        }
    }

    /// Another listener of the same socket. A connection that comes is accepted by either, and the socket listens until
    /// both are dropped: so one can take the place of the other, and nobody is refused meanwhile.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn try_clone(&self) -> io::Result<Self> {
        let socket = match &self.socket {
            Socket::Tcp(listener) => {
                let other = SockRef::from(listener).try_clone()?;
                Socket::Tcp(TcpListener::from_std(other.into())?)
            }
            #[cfg(unix)]
            Socket::Unix { listener, file } => {
                let other = SockRef::from(listener).try_clone()?;
                Socket::Unix {
                    listener: UnixListener::from_std(other.into())?,
                    file: file.clone(),
                }
            }
        };
        Ok(Self {
            socket,
            address: self.address.clone(),
            local: self.local.clone(),
        })
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
    async fn another_listener_of_a_socket_takes_the_place_of_the_first_and_nobody_is_refused() {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let first = BoundListener::tcp(tcp).unwrap();
        let address = first.address().tcp().unwrap();
        let waiting = TcpStream::connect(address).await.unwrap();
        let mut second = first.try_clone().unwrap();
        drop(first);
        let later = TcpStream::connect(address).await.unwrap();
        for peer in [waiting, later] {
            let accepted = poll_fn(|cx| second.poll_accept(cx)).await.unwrap();
            assert_eq!(accepted.peer, peer.local_addr().unwrap().to_string());
        }
        drop(second);
        assert!(TcpStream::connect(address).await.is_err());
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
