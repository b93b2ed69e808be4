//! Transports of connections.

use super::arriving::Arriving;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;

/// A stream of bytes in both directions: TCP, a Unix socket, TLS over either, or for tests a pipe in memory.
///
/// It may buffer what is written: each reply is flushed, within the write timeout. A flush counts as a whole, so that
/// what a transport buffers should be what a slow peer takes in that time.
///
/// A write that fails with [`InvalidInput`](io::ErrorKind::InvalidInput) is the reply's fault, which the transport can't
/// carry: the session has failed then, and the connection ends in order.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes the coming drop an abortive close: unsent bytes are thrown away, and the peer sees a reset. A transport
    /// without resets is just dropped, as is one that has none before its handshake is through.
    /// It may be called at any time, also before the handshake.
    fn reset_on_drop(&mut self);

    /// What both sides do before the first byte of the dialogue, as TLS does. There is nothing to do by default.
    ///
    /// It runs in the task of the connection, before there is a session. It has ten seconds, and holds nobody up: the
    /// connection has its place among those that may be open, and the others are accepted and served. It is dropped
    /// when its time is over or the server stops, and the transport after it.
    ///
    /// # Errors
    /// It failed. The transport is dropped then without a reset, which might overtake the reason that the peer was
    /// sent.
    fn handshake(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// Adds what the handshake has told of the peer: what TLS agreed on, or another address where the handshake says that
    /// the connection comes from a proxy. It is called once, after the handshake. There is nothing to add by default.
    ///
    /// A peer that has no [`origin`](Arriving::origin) before is counted by the one that it has after this.
    fn describe(&self, _arriving: &mut Arriving) {}

    /// Whether the drop alone sends FIN to a peer that has sent its own. Such a connection is dropped without
    /// [`poll_shutdown`](AsyncWrite::poll_shutdown).
    ///
    /// The close of a socket does, unless bytes of the peer's are unread, and none are once its FIN was read. A
    /// duplicate of the socket would keep the connection open. By default the drop doesn't: a transport may have last
    /// words of its own.
    fn drop_sends_fin(&self) -> bool {
        false
    }

    /// Whether its bytes come in messages, so that one read gives a whole one where there is room for it. Each read has
    /// room for a whole chunk then. By default bytes come as they please.
    fn keeps_messages(&self) -> bool {
        false
    }
}

impl Transport for TcpStream {
    fn reset_on_drop(&mut self) {
        // It fails only on a socket that is gone already.
        let _ = self.set_zero_linger();
    }

    fn drop_sends_fin(&self) -> bool {
        true
    }
}

impl Transport for DuplexStream {
    fn reset_on_drop(&mut self) {}
}
