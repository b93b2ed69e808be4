//! The stream of a connection, of whatever kind: those that eco's own listeners accept, and those that
//! [`connect`](super::connect()) makes.

use super::arriving::Arriving;
use super::transport::Transport;
use eco_contract::Connection;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// A stream of bytes between two ends. One type for all of them, so that the code of a connection is there once: which one
/// it is takes a comparison at each call, and a layer over another stream a call through a pointer.
pub enum Stream {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(UnixStream),
    /// Anything over one of these, such as TLS.
    Layered(Layered),
}

/// A transport whose type is forgotten.
pub struct Layered(Box<dyn AnyTransport>);

impl Stream {
    /// A stream of this transport.
    pub fn layered(transport: impl Transport + 'static) -> Self {
        Self::Layered(Layered(Box::new(transport)))
    }

    /// The TCP stream, if it is one without a layer over it.
    pub fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(stream) => Some(stream),
            #[cfg(unix)]
            Self::Unix(_) => None,
            Self::Layered(_) => None,
        }
    }

    /// What a client's session over it is told. A stream with a layer over it knows no addresses: this is asked for before.
    pub fn connection(&self, id: u64) -> Connection {
        let tcp = self.tcp();
        let text = |address: io::Result<SocketAddr>| address.ok().map(|it| it.to_string());
        Connection {
            id,
            peer: tcp
                .and_then(|tcp| text(tcp.peer_addr()))
                .unwrap_or_default(),
            local: tcp
                .and_then(|tcp| text(tcp.local_addr()))
                .unwrap_or_default(),
            origin: None,
            details: None,
        }
    }

    /// Whether it is a Unix socket without a layer over it.
    pub(super) fn is_unix(&self) -> bool {
        #[cfg(unix)]
        return matches!(self, Self::Unix(_));
        #[cfg(not(unix))]
        false
    }
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        Self::Tcp(stream)
    }
}

#[cfg(unix)]
impl From<UnixStream> for Stream {
    fn from(stream: UnixStream) -> Self {
        Self::Unix(stream)
    }
}

/// [`Transport`] without a future of its own type, under other names: a transport has both.
trait AnyTransport: AsyncRead + AsyncWrite + Unpin + Send {
    fn any_reset_on_drop(&mut self);
    fn any_handshake(&mut self) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send + '_>>;
    fn any_describe(&self, arriving: &mut Arriving);
    fn any_drop_sends_fin(&self) -> bool;
    fn any_keeps_messages(&self) -> bool;
}

impl<T: Transport> AnyTransport for T {
    fn any_reset_on_drop(&mut self) {
        self.reset_on_drop();
    }

    fn any_handshake(&mut self) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send + '_>> {
        Box::pin(self.handshake())
    }

    fn any_describe(&self, arriving: &mut Arriving) {
        self.describe(arriving);
    }

    fn any_drop_sends_fin(&self) -> bool {
        self.drop_sends_fin()
    }

    fn any_keeps_messages(&self) -> bool {
        self.keeps_messages()
    }
}

/// TCP and Unix sockets have no handshake, and their listeners have told what is known of the peer.
impl Transport for Stream {
    fn reset_on_drop(&mut self) {
        match self {
            Self::Tcp(stream) => stream.reset_on_drop(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.reset_on_drop(),
            Self::Layered(Layered(stream)) => stream.any_reset_on_drop(),
        }
    }

    async fn handshake(&mut self) -> io::Result<()> {
        match self {
            Self::Layered(Layered(stream)) => stream.any_handshake().await,
            _ => Ok(()),
        }
    }

    fn describe(&self, arriving: &mut Arriving) {
        if let Self::Layered(Layered(stream)) = self {
            stream.any_describe(arriving);
        }
    }

    fn drop_sends_fin(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.drop_sends_fin(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.drop_sends_fin(),
            Self::Layered(Layered(stream)) => stream.any_drop_sends_fin(),
        }
    }

    fn keeps_messages(&self) -> bool {
        match self {
            Self::Layered(Layered(stream)) => stream.any_keeps_messages(),
            _ => false,
        }
    }
}

/// Calls a method of the stream that it is.
macro_rules! of_each {
    ($stream:expr, $of:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($of) => $call,
            #[cfg(unix)]
            Stream::Unix($of) => $call,
            Stream::Layered(Layered($of)) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        of_each!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, to))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        of_each!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        of_each!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        of_each!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_each!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_each!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(stream) => stream.fmt(f),
            #[cfg(unix)]
            Self::Unix(stream) => stream.fmt(f),
            Self::Layered(stream) => stream.fmt(f),
        }
    }
}

impl fmt::Debug for Layered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").finish_non_exhaustive()
    }
}
