//! Connecting to a server: the order and the times in which its addresses are tried.

use super::address::Endpoint;
use super::connect_address::ConnectAddress;
use super::stream::Stream;
use super::unix_address::UnixAddress;
use std::future::{pending, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

/// The next address is tried as well after so long. RFC 8305 recommends it: most servers of this world answer within
/// it, and a person hardly notices it.
/// Test: `an_address_that_stays_silent_holds_up_no_other`.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The file of a Unix socket whose server has no room is tried again after so long. The system tells no one when there is
/// room; a person hardly notices so little, and a hundred tries a second cost nothing to speak of.
/// Test: `connect::tests::a_unix_socket_without_room_is_waited_for`.
#[cfg(unix)]
const FULL_DELAY: Duration = Duration::from_millis(10);

/// Why there is no connection to an endpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name has no address, or nobody can be asked.
    #[error(transparent)]
    Name(io::Error),
    /// None of its addresses could be connected to; this is the error of the last one that failed.
    #[error(transparent)]
    Address(io::Error),
}

/// Connects to the address of the endpoint that answers first, see [`connect_any`], or to a Unix socket. Looking a name up
/// and all attempts have `limit` together.
///
/// # Cancel safety
/// When the future is dropped, all attempts are, and no connection is left.
///
/// # Errors
/// See [`ConnectError`]; `TimedOut` where none answers within `limit` in all.
pub async fn connect(address: &ConnectAddress, limit: Duration) -> Result<Stream, ConnectError> {
    let connecting = async {
        match address {
            ConnectAddress::Tcp(endpoint) => connect_tcp(endpoint).await.map(Stream::Tcp),
            ConnectAddress::Unix(name) => connect_unix(name).await.map_err(ConnectError::Address),
        }
    };
    match tokio::time::timeout(limit, connecting).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::Address(io::ErrorKind::TimedOut.into())),
    }
}

async fn connect_tcp(endpoint: &Endpoint) -> Result<TcpStream, ConnectError> {
    let addresses = endpoint.resolve().await.map_err(ConnectError::Name)?;
    let connected = connect_any(&addresses, None).await;
    connected.map_err(ConnectError::Address)
}

/// Connects to a Unix socket. Where its server has no room for one more, it waits.
///
/// # Cancel safety
/// When the future is dropped, no connection is left.
///
/// # Errors
/// The system's: `NotFound` where there is no such file, `ConnectionRefused` where nobody listens, and
/// `PermissionDenied` where this user may not connect.
#[cfg(unix)]
pub async fn connect_unix(name: &UnixAddress) -> io::Result<Stream> {
    let path = match name {
        UnixAddress::Path(path) => path.clone(),
        // tokio has a NUL at the beginning of a path stand for an abstract name.
        UnixAddress::Abstract(name) => format!("\0{name}").into(),
    };
    loop {
        match UnixStream::connect(&path).await {
            // It waits for nobody, unlike TCP, and says so.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(FULL_DELAY).await,
            connected => return connected.map(Stream::Unix),
        }
    }
}

/// There are no Unix sockets on this system, and no address of one can be read.
#[cfg(not(unix))]
pub async fn connect_unix(_: &UnixAddress) -> io::Result<Stream> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Connects to the address that answers first, from `source` if that is given.
///
/// The attempts are staggered (RFC 8305, "Happy Eyeballs"): the families take turns, and the next address is tried
/// 250 ms after the one before, or at once when one fails. When one has answered, the other attempts are dropped.
/// There is no limit but the system's.
///
/// # Cancel safety
/// When the future is dropped, all attempts are, and no connection is left.
///
/// # Errors
/// That of the last address that failed, among them `AddrNotAvailable` when `source` is not this machine's, or
/// when its ports are all in use; `NotFound` where there is no address.
pub async fn connect_any(
    addresses: &[SocketAddr],
    source: Option<IpAddr>,
) -> io::Result<TcpStream> {
    first_to_connect(addresses, source, ATTEMPT_DELAY).await
}

async fn first_to_connect(
    addresses: &[SocketAddr],
    source: Option<IpAddr>,
    delay: Duration,
) -> io::Result<TcpStream> {
    let mut waiting = families_in_turn(addresses).into_iter();
    let mut attempts = Vec::new();
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(Box::pin(connect_to(address, source)));
        } else if attempts.is_empty() {
            return Err(last);
        }
        let next_is_due = async {
            match waiting.len() {
                0 => pending().await,
                _ => sleep(delay).await,
            }
        };
        tokio::select! {
            biased;
            result = poll_fn(|cx| poll_first(&mut attempts, cx)) => match result {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            },
            () = next_is_due => {}
        }
    }
}

/// The output of the first that is ready. It is taken out.
fn poll_first<F: Future + Unpin>(futures: &mut Vec<F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    let mut over = None;
    futures.retain_mut(|future| {
        if over.is_none()
            && let Poll::Ready(output) = Pin::new(future).poll(cx)
        {
            over = Some(output);
            return false;
        }
        true
    });
    over.map_or(Poll::Pending, Poll::Ready)
}

/// The order of attempts: the system's, with IPv6 and IPv4 in turn, so that a family that leads nowhere holds up one
/// attempt and not all.
fn families_in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first = |address: &SocketAddr| {
        let first = addresses.first();
        first.is_some_and(|first| first.is_ipv6() == address.is_ipv6())
    };
    let (ones, others): (Vec<SocketAddr>, _) = addresses.iter().copied().partition(is_first);
    let mut others = others.into_iter();
    let mut in_turn: Vec<SocketAddr> = Vec::with_capacity(addresses.len());
    for one in ones {
        in_turn.push(one);
        in_turn.extend(others.next());
    }
    in_turn.extend(others);
    in_turn
}

/// Connects, without Nagle's delay.
async fn connect_to(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.set_nodelay(true)?;
    socket.connect(address).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::net::TcpListener;

    const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    /// Longer than any test waits.
    const NEVER: Duration = Duration::from_secs(24 * 60 * 60);
    /// Nothing takes this long unless something is wrong. The system gives up a silent address after two minutes.
    #[cfg(target_os = "linux")]
    const PATIENCE: Duration = Duration::from_secs(60);

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(LOOPBACK).await.expect("a port");
        let address = listener.local_addr().expect("it listens");
        (listener, address)
    }

    /// An address at which nobody listens, for as long as the socket is there.
    fn refusing() -> (TcpSocket, SocketAddr) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(LOOPBACK).expect("a port");
        let address = socket.local_addr().expect("it is bound");
        (socket, address)
    }

    /// An address that answers nobody: its queue of connections is full, and Linux drops further ones.
    #[cfg(target_os = "linux")]
    async fn silent() -> (TcpListener, TcpStream, SocketAddr) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(LOOPBACK).expect("a port");
        let listener = socket.listen(0).expect("it listens");
        let address = listener.local_addr().expect("it is bound");
        let waits = TcpStream::connect(address).await.expect("one may wait");
        (listener, waits, address)
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_address_that_stays_silent_holds_up_no_other() {
        let (_listener, _waits, silent) = silent().await;
        let (_other, there) = listener().await;
        let addresses = [silent, there];
        let connecting = first_to_connect(&addresses, None, Duration::from_millis(1));
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        let connected = connected.expect("nobody waits for the silent one");
        let peer = connected.expect("one answers").peer_addr();
        assert_eq!(peer.expect("it is connected"), there);
    }

    #[tokio::test]
    async fn when_one_fails_the_next_is_tried_at_once() {
        let (_socket, refusing) = refusing();
        let (_listener, there) = listener().await;
        let connected = first_to_connect(&[refusing, there], None, NEVER).await;
        let peer = connected.expect("one answers").peer_addr();
        assert_eq!(peer.expect("it is connected"), there);
    }

    #[tokio::test]
    async fn where_all_fail_the_error_is_that_of_the_last() {
        let (_socket, refusing) = refusing();
        for addresses in [&[refusing][..], &[refusing, refusing]] {
            let failed = first_to_connect(addresses, None, NEVER).await;
            let kind = failed.expect_err("nobody listens").kind();
            assert_eq!(kind, io::ErrorKind::ConnectionRefused);
        }
        let failed = connect_any(&[], None).await.expect_err("there is none");
        assert_eq!(failed.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_families_take_turns_beginning_with_the_systems_first() {
        let parsed = |text: &str| -> Vec<SocketAddr> {
            let hosts = text.split_whitespace();
            let addresses = hosts.map(|host| SocketAddr::new(host.parse().expect("it is one"), 7));
            addresses.collect()
        };
        for (found, tried) in [
            ("::1 ::2 ::3 0.0.0.1 0.0.0.2", "::1 0.0.0.1 ::2 0.0.0.2 ::3"),
            ("0.0.0.1 ::1 ::2 ::3", "0.0.0.1 ::1 ::2 ::3"),
            ("::1 0.0.0.1 0.0.0.2", "::1 0.0.0.1 0.0.0.2"),
            ("0.0.0.1 0.0.0.2", "0.0.0.1 0.0.0.2"),
            ("", ""),
        ] {
            assert_eq!(families_in_turn(&parsed(found)), parsed(tried), "{found}");
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_unix_socket_without_room_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("full.sock");
        let (domain, stream) = (socket2::Domain::UNIX, socket2::Type::STREAM);
        let listener = socket2::Socket::new(domain, stream, None).expect("a socket");
        let address = socket2::SockAddr::unix(&path).expect("it is short");
        listener.bind(&address).expect("the folder is ours");
        listener.listen(0).expect("it listens");
        let name = UnixAddress::Path(path);
        let _first = connect_unix(&name).await.expect("one may wait");
        let second = tokio::spawn(async move { connect_unix(&name).await });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        listener.accept().expect("the first");
        let second = tokio::time::timeout(PATIENCE, second).await;
        second
            .expect("there is room")
            .expect("no panic")
            .expect("it connects");
    }
}
