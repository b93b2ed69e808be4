//! What a connection runs over.

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;

/// A stream of bytes in both directions: TCP, or for tests a pipe in memory.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes the coming drop an abortive close: what is unsent is thrown away, and the peer sees a
    /// reset. Where the transport knows no such thing, the drop is all.
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
