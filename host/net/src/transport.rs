//! Transports of connections.

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;

/// A stream of bytes in both directions: TCP, or for tests a pipe in memory.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes the coming drop an abortive close: unsent bytes are thrown away, and the peer sees a reset. A transport
    /// without resets is just dropped.
    fn reset_on_drop(&mut self);
}

impl Transport for TcpStream {
    fn reset_on_drop(&mut self) {
        // It fails only on a socket that is gone already.
        let _ = self.set_zero_linger();
    }
}

impl Transport for DuplexStream {
    fn reset_on_drop(&mut self) {}
}
