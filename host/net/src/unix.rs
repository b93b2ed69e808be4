//! Unix sockets: their listener and their transport.

use super::listener::{Accepted, Listener};
use super::peers::origin_of_user;
use super::transport::Transport;
use eco_text::escape;
use std::io;
use std::task::{Context, Poll, ready};
use tokio::net::{UnixListener, UnixStream};

/// A peer is a user: `uid:1000`, by whom connections are counted. This end is the path of the socket.
impl Listener for UnixListener {
    type Transport = UnixStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<UnixStream>>> {
        let (transport, _) = ready!(UnixListener::poll_accept(self, cx))?;
        let user = transport.peer_cred().ok().map(|peer| peer.uid());
        let address = transport.local_addr().ok();
        let path = address.as_ref().and_then(|address| address.as_pathname());
        let local = path.map_or_else(|| "unix".to_owned(), escape::path);
        Poll::Ready(Ok(match user {
            Some(user) => Accepted::new(transport, format!("uid:{user}"), local)
                .with_origin(origin_of_user(user)),
            // The system doesn't tell.
            None => Accepted::new(transport, "unix", local),
        }))
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
