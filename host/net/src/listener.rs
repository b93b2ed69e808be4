//! Listeners: the trait of any kind of listener, and TCP's.

use super::transport::Transport;
use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll, ready};
use tokio::net::{TcpListener, TcpStream};

/// Something that accepts connections.
pub trait Listener: Send {
    /// The transport of its connections.
    type Transport: Transport + 'static;

    /// The next connection.
    ///
    /// # Errors
    /// There is none this time. The server tries on.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<Self::Transport>>>;
}

/// A connection that was accepted.
#[derive(Debug)]
pub struct Accepted<T> {
    /// The stream.
    pub transport: T,
    /// The other end, as the transport writes it.
    pub peer: String,
    /// This end.
    pub local: String,
    /// The address by which a peer's connections are counted; `None` where all peers are one.
    pub peer_address: Option<IpAddr>,
}

impl Listener for TcpListener {
    type Transport = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<TcpStream>>> {
        let (transport, peer) = ready!(TcpListener::poll_accept(self, cx))?;
        // Both fail only on a connection that is gone already, which the first read will find out.
        let _ = transport.set_nodelay(true);
        let local = transport.local_addr().unwrap_or(peer);
        Poll::Ready(Ok(Accepted {
            transport,
            peer: peer.to_string(),
            local: local.to_string(),
            peer_address: Some(peer.ip()),
        }))
    }
}
