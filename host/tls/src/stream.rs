//! A stream of TLS over another stream.

use super::problem::{in_handshake, on_the_way};
use super::{fingerprint::Fingerprint, subject::subject};
use eco_contract::{PeerCertificate, TlsDetails};
use eco_net::{Arriving, Stream, Transport};
use rustls::{ProtocolVersion, ServerConfig, ServerConnection};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::Accept;
use tokio_rustls::{TlsAcceptor, TlsStream};

/// Bytes that a connection holds to be sent, beside a reply that lies in the plugin's memory: what a peer takes within the
/// write timeout, at the rate that [`Transport`] asks for. A write waits where there are as many.
/// Test: `stream::tests::a_peer_that_takes_nothing_makes_a_write_wait`.
pub(super) const BUFFERED: usize = 64 * 1024;

/// A connection of TLS. Its end is an error where it was not announced. Its `shutdown` announces this end's, and then the
/// stream below sends FIN; the other end may go on sending, in either version.
pub(super) struct Secured(State);

enum State {
    /// Nothing was said yet.
    Accepted(Stream, Arc<ServerConfig>),
    Shaking(Accept<Stream>),
    Open(TlsStream<Stream>),
    Failed,
}

impl Secured {
    /// The server's side of a connection that is accepted.
    pub(super) fn accepting(stream: Stream, config: Arc<ServerConfig>) -> Self {
        Self(State::Accepted(stream, config))
    }

    /// A connection whose handshake is over.
    pub(super) fn open(stream: impl Into<TlsStream<Stream>>) -> Self {
        Self(State::Open(stream.into()))
    }

    fn pinned(self: Pin<&mut Self>) -> io::Result<Pin<&mut TlsStream<Stream>>> {
        match &mut self.get_mut().0 {
            State::Open(stream) => Ok(Pin::new(stream)),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// The stream below, unless the handshake has failed.
    fn below(&mut self) -> Option<&mut Stream> {
        match &mut self.0 {
            State::Accepted(stream, _) => Some(stream),
            State::Shaking(accept) => accept.get_mut(),
            State::Open(stream) => Some(stream.get_mut().0),
            State::Failed => None,
        }
    }
}

impl Transport for Secured {
    fn reset_on_drop(&mut self) {
        if let Some(stream) = self.below() {
            stream.reset_on_drop();
        }
    }

    async fn handshake(&mut self) -> io::Result<()> {
        if let State::Accepted(stream, _) = &mut self.0 {
            stream.handshake().await?;
        }
        self.0 = match std::mem::replace(&mut self.0, State::Failed) {
            State::Accepted(stream, config) => {
                let limit =
                    |session: &mut ServerConnection| session.set_buffer_limit(Some(BUFFERED));
                State::Shaking(TlsAcceptor::from(config).accept_with(stream, limit))
            }
            other => other,
        };
        if let State::Shaking(accept) = &mut self.0 {
            let shaken = accept.await;
            // The future is over, and must not be asked again.
            self.0 = State::Failed;
            self.0 = State::Open(shaken.map_err(in_handshake)?.into());
        }
        match self.0 {
            State::Open(_) => Ok(()),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn describe(&self, arriving: &mut Arriving) {
        let State::Open(TlsStream::Server(stream)) = &self.0 else {
            return;
        };
        let (below, session) = stream.get_ref();
        below.describe(arriving);
        arriving.details_mut().tls = Some(details(session));
    }
}

/// What was agreed on with a client.
fn details(session: &ServerConnection) -> TlsDetails {
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "",
    };
    let protocol = session.alpn_protocol();
    let certificate = session.peer_certificates().and_then(<[_]>::first);
    TlsDetails {
        version: version.to_owned(),
        server_name: session.server_name().map(str::to_owned),
        // It is one of the server's own.
        protocol: protocol.map(|name| String::from_utf8_lossy(name).into_owned()),
        certificate: certificate.map(|certificate| PeerCertificate {
            subject: subject(certificate),
            fingerprint: Some(Fingerprint::of(certificate).0),
        }),
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stream = self.pinned()?;
        let read = stream.as_mut().poll_read(cx, to);
        if let Poll::Ready(Err(error)) = &read
            && error.kind() == io::ErrorKind::UnexpectedEof
        {
            // The peer may read on, and this end is announced to it, if there is room: `ncat --ssl` ends in order then.
            let _ = stream.poll_shutdown(cx);
        }
        read.map_err(on_the_way)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pinned()?.poll_write(cx, bytes).map_err(on_the_way)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.pinned()?.poll_write_vectored(cx, slices);
        written.map_err(on_the_way)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned()?.poll_flush(cx).map_err(on_the_way)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned()?.poll_shutdown(cx).map_err(on_the_way)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{Certificates, ServerSettings, TlsClient, TlsServer, Trust};
    use eco_net::Layer as _;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    /// Both sides of a connection over a pipe with little room.
    /// Bytes that are on their way between both ends.
    const ROOM: usize = 4096;

    async fn pair() -> (Stream, Stream) {
        // The server's tickets have room, for which a client that is connected doesn't wait.
        let (near, far) = duplex(ROOM);
        let server = TlsServer::new(ServerSettings::new(Certificates::SelfSigned)).unwrap();
        let trust = Trust::Certificate(server.self_signed().unwrap());
        let client = TlsClient::new(&trust, "localhost", None, None).unwrap();
        let mut server = server.layer(Stream::layered(far));
        let client = client.add(Stream::layered(near));
        let (client, shaken) = tokio::join!(client, server.handshake());
        shaken.unwrap();
        (client.unwrap(), server)
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_makes_a_write_wait() {
        let (mut client, mut server) = pair().await;
        let message = vec![b'x'; 1 << 20];
        let mut taken = 0;
        poll_fn(|cx| {
            while let Poll::Ready(written) = Pin::new(&mut server).poll_write(cx, &message) {
                taken += written.unwrap();
            }
            Poll::Ready(())
        })
        .await;
        assert!((BUFFERED / 2..=BUFFERED + ROOM).contains(&taken), "{taken}");
        let reading = tokio::spawn(async move {
            let mut came = vec![0; taken];
            client.read_exact(&mut came).await.unwrap();
            came
        });
        server.flush().await.unwrap();
        let came = reading.await.unwrap();
        assert!(came.iter().all(|byte| *byte == b'x'));
    }

    #[tokio::test]
    async fn nothing_is_read_or_written_before_the_handshake() {
        let (_near, far) = duplex(64);
        let server = TlsServer::new(ServerSettings::new(Certificates::SelfSigned)).unwrap();
        let mut server = server.layer(Stream::layered(far));
        let kind = io::ErrorKind::NotConnected;
        assert_eq!(server.read(&mut [0]).await.unwrap_err().kind(), kind);
        assert_eq!(server.write(b"x").await.unwrap_err().kind(), kind);
        assert!(!server.drop_sends_fin());
    }
}
