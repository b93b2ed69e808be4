//! Unix sockets: their listener and their transport.

use super::listener::{Accepted, Listener};
use super::peers::origin_of_user;
use super::transport::Transport;
use eco_contract::PeerDetails;
use eco_text::escape;
use std::io;
use std::os::unix::net::SocketAddr;
use std::task::{Context, Poll, ready};
use tokio::net::{UnixListener, UnixStream};

/// A peer is a user: `uid:1000`, by whom connections are counted. This end is the path of the socket: `unix:/run/eco.sock`.
impl Listener for UnixListener {
    type Transport = UnixStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<UnixStream>>> {
        let (transport, _) = ready!(UnixListener::poll_accept(self, cx))?;
        let address = transport.local_addr().map(SocketAddr::from).ok();
        let local = address.map_or_else(|| "unix:".to_owned(), |address| address_text(&address));
        Poll::Ready(Ok(unix_connection(transport, local)))
    }
}

/// A connection to this end, of the user at the other.
pub(super) fn unix_connection(transport: UnixStream, local: String) -> Accepted<UnixStream> {
    let Some(user) = transport.peer_cred().ok().map(|peer| peer.uid()) else {
        // The system doesn't tell.
        return Accepted::new(transport, "unix", local);
    };
    let details = PeerDetails {
        user: Some(user),
        ..PeerDetails::default()
    };
    Accepted::new(transport, format!("uid:{user}"), local)
        .with_origin(origin_of_user(user))
        .with_details(details)
}

/// An address as it is typed. A socket without a name has none.
pub(super) fn address_text(address: &SocketAddr) -> String {
    #[cfg(target_os = "linux")]
    if let Some(name) = std::os::linux::net::SocketAddrExt::as_abstract_name(address) {
        return format!("unix:@{}", escape::Escaped(name));
    }
    match address.as_pathname() {
        Some(path) => format!("unix:{}", escape::path(path)),
        None => "unix:".to_owned(),
    }
}

/// A Unix socket has no reset. Linux tells the peer of one (`ECONNRESET`) where bytes of its own were never read; else
/// it sees an end. What was written is in the peer's hands and can't be thrown away.
impl Transport for UnixStream {
    fn reset_on_drop(&mut self) {}

    fn drop_sends_fin(&self) -> bool {
        true
    }
}
