//! A transport whose stream is made by a handshake.

use super::arriving::Arriving;
use super::transport::Transport;
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A transport over any library's stream, which a handshake makes first: TLS, say.
///
/// Before the handshake is through there is no stream to reset. So a connection that is refused by then is just dropped: one
/// of a peer that has too many, or whose handshake took too long.
///
/// ```
/// use eco_net::Handshake;
/// # fn of(tcp: tokio::net::TcpStream) -> Handshake<tokio::net::TcpStream> {
/// // With tokio-rustls it is `acceptor.accept(tcp)`.
/// let handshake = async { Ok(tcp) };
/// Handshake::new(handshake).reset_by(|tcp| drop(tcp.set_zero_linger()))
/// # }
/// ```
pub struct Handshake<S> {
    state: State<S>,
    describe: fn(&S, &mut Arriving),
    reset: fn(&S),
}

type Making<S> = Pin<Box<dyn Future<Output = io::Result<S>> + Send>>;

enum State<S> {
    Waiting(Making<S>),
    Done(S),
    Failed,
}

impl<S> Handshake<S> {
    /// A transport whose stream `handshake` makes. It begins when the server has the connection, in its task.
    pub fn new(handshake: impl Future<Output = io::Result<S>> + Send + 'static) -> Self {
        Self {
            state: State::Waiting(Box::pin(handshake)),
            describe: |_, _| {},
            reset: |_| {},
        }
    }

    /// The same, whose stream tells by this function what it knows of the peer.
    #[must_use]
    pub fn described_by(self, describe: fn(&S, &mut Arriving)) -> Self {
        Self { describe, ..self }
    }

    /// The same, whose stream is made to reset when it is dropped by this function. Without it, and before the handshake
    /// is through, a connection that should end with a reset is just dropped.
    #[must_use]
    pub fn reset_by(self, reset: fn(&S)) -> Self {
        Self { reset, ..self }
    }

    /// The stream, once the handshake is through.
    pub fn stream(&self) -> Option<&S> {
        match &self.state {
            State::Done(stream) => Some(stream),
            State::Waiting(_) | State::Failed => None,
        }
    }

    fn pinned(self: Pin<&mut Self>) -> io::Result<Pin<&mut S>>
    where
        S: Unpin,
    {
        match &mut self.get_mut().state {
            State::Done(stream) => Ok(Pin::new(stream)),
            State::Waiting(_) | State::Failed => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Transport for Handshake<S> {
    fn reset_on_drop(&mut self) {
        if let Some(stream) = self.stream() {
            (self.reset)(stream);
        }
    }

    async fn handshake(&mut self) -> io::Result<()> {
        if let State::Waiting(handshake) = &mut self.state {
            let made = handshake.await;
            // The future is over, and must not be asked again.
            self.state = State::Failed;
            self.state = State::Done(made?);
        }
        match self.state {
            State::Done(_) => Ok(()),
            State::Waiting(_) | State::Failed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn describe(&self, arriving: &mut Arriving) {
        if let Some(stream) = self.stream() {
            (self.describe)(stream, arriving);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Handshake<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.pinned()?.poll_read(cx, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Handshake<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pinned()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pinned()?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned()?.poll_shutdown(cx)
    }
}

impl<S: fmt::Debug> fmt::Debug for Handshake<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("stream", &self.stream())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn bytes_go_through_once_the_handshake_is_done() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut transport = Handshake::new(async { Ok(near) })
            .described_by(|_, arriving| arriving.peer.push_str(" by name"));
        let early = transport.write(b"early").await.expect_err("no stream yet");
        assert_eq!(early.kind(), io::ErrorKind::NotConnected);
        let mut arriving = Arriving::of_nobody();
        transport.describe(&mut arriving);
        assert_eq!(arriving.peer, "nobody");
        transport.handshake().await.expect("it is made");
        transport.describe(&mut arriving);
        assert_eq!(arriving.peer, "nobody by name");
        transport.write_all(b"hello").await.expect("it is open");
        transport.shutdown().await.expect("it is open");
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.expect("it is open");
        assert_eq!(read, b"hello");
    }

    #[tokio::test]
    async fn a_handshake_that_fails_says_why() {
        let failing = async { Err::<tokio::io::DuplexStream, _>(io::Error::other("no")) };
        let mut transport = Handshake::new(failing);
        let failed = transport.handshake().await;
        assert_eq!(failed.expect_err("it fails").to_string(), "no");
        let again = transport.handshake().await.expect_err("it failed before");
        assert_eq!(again.kind(), io::ErrorKind::NotConnected);
    }
}
