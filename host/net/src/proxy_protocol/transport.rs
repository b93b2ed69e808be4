//! A stream from a proxy, whose first bytes are a header.

use super::header::{ProxyAddresses, ProxyHeader, ProxyHeaderError};
use super::parse::LONGEST;
use crate::arriving::Arriving;
use crate::stream::Stream;
use crate::transport::Transport;
use eco_contract::Origin;
use std::io::{self, Cursor, IoSlice};
use std::mem::replace;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// See the module. After the handshake it is the stream beneath.
pub(super) struct Proxied {
    stream: Stream,
    /// By which the connection is counted if it is the proxy's own.
    origin: Option<Origin>,
    /// Once it has come.
    header: Option<ProxyHeader>,
    /// What came with the header and belongs to the dialogue.
    early: Option<Cursor<Vec<u8>>>,
}

impl Proxied {
    pub(super) fn new(stream: Stream, origin: Option<Origin>) -> Self {
        Self {
            stream,
            origin,
            header: None,
            early: None,
        }
    }
}

impl Transport for Proxied {
    fn reset_on_drop(&mut self) {
        self.stream.reset_on_drop();
    }

    async fn handshake(&mut self) -> io::Result<()> {
        self.stream.handshake().await?;
        let mut bytes = Vec::with_capacity(LONGEST);
        let (header, length) = loop {
            // There is room: a header of which so many bytes have come is through, or wrong.
            if self.stream.read_buf(&mut bytes).await? == 0 {
                return Err(invalid(ProxyHeaderError::Ended(bytes.len())));
            }
            if let Some(whole) = ProxyHeader::parse(&bytes).map_err(invalid)? {
                break whole;
            }
        };
        self.header = Some(header);
        let early = bytes.split_off(length);
        self.early = (!early.is_empty()).then(|| Cursor::new(early));
        Ok(())
    }

    fn describe(&self, arriving: &mut Arriving) {
        self.stream.describe(arriving);
        arriving.origin = self.origin;
        let Some(ProxyHeader { addresses, tls }) = &self.header else {
            return;
        };
        let (client, local) = match addresses {
            None => return,
            Some(ProxyAddresses::Tcp {
                source,
                destination,
            }) => {
                arriving.set_address(source.ip());
                (source.to_string(), destination.to_string())
            }
            Some(ProxyAddresses::Unix {
                source,
                destination,
            }) => {
                arriving.peer_address = None;
                (source.clone(), destination.clone())
            }
        };
        arriving.local = local;
        let proxy = replace(&mut arriving.peer, client);
        let details = arriving.details_mut();
        details.proxy = Some(proxy);
        // That is the proxy's, not the client's.
        details.user = None;
        details.tls.clone_from(tls);
    }

    fn drop_sends_fin(&self) -> bool {
        self.stream.drop_sends_fin()
    }
}

fn invalid(error: ProxyHeaderError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl AsyncRead for Proxied {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Some(early) = &mut this.early else {
            return Pin::new(&mut this.stream).poll_read(cx, to);
        };
        let read = Pin::new(&mut *early).poll_read(cx, to);
        if early.position() == early.get_ref().len() as u64 {
            this.early = None;
        }
        read
    }
}

impl AsyncWrite for Proxied {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::peers::origin_of_address;
    use std::net::IpAddr;
    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};

    const PROXY: Option<Origin> = Some(Origin(7));

    fn pipe() -> (Proxied, DuplexStream) {
        let (near, far) = duplex(1 << 16);
        (Proxied::new(Stream::layered(near), PROXY), far)
    }

    /// What is known of a connection after this header.
    async fn described(header: &[u8]) -> Arriving {
        let (mut transport, mut peer) = pipe();
        peer.write_all(header).await.unwrap();
        transport.handshake().await.unwrap();
        let mut arriving = Arriving::of_nobody();
        arriving.details_mut().user = Some(1000);
        transport.describe(&mut arriving);
        arriving
    }

    #[tokio::test]
    async fn the_bytes_after_the_header_are_the_dialogue_however_they_come() {
        let header = b"PROXY TCP4 192.0.2.7 192.0.2.8 50344 443\r\n";
        let dialogue: Vec<u8> = (0..10_000).map(|number| number as u8).collect();
        let bytes = [&header[..], &dialogue].concat();
        for (piece, room) in [(1, 1), (1, 64), (42, 7), (43, 64), (50, 1), (100_000, 999)] {
            let (mut transport, mut peer) = pipe();
            let sending = async {
                for piece in bytes.chunks(piece) {
                    peer.write_all(piece).await.unwrap();
                    // So that it comes by itself.
                    tokio::task::yield_now().await;
                }
                drop(peer);
            };
            let reading = async {
                transport.handshake().await.unwrap();
                let mut came = Vec::new();
                let mut buffer = vec![0; room];
                while let length @ 1.. = transport.read(&mut buffer).await.unwrap() {
                    came.extend_from_slice(&buffer[..length]);
                }
                came
            };
            let ((), came) = tokio::join!(sending, reading);
            assert!(came == dialogue, "{piece} {room}");
            assert!(transport.early.is_none());
        }
    }

    #[tokio::test]
    async fn the_client_stands_where_the_proxy_stood() {
        let arriving = described(b"PROXY TCP6 2001:db8::7 2001:db8::8 50344 443\r\n").await;
        let client: IpAddr = "2001:db8::7".parse().unwrap();
        assert_eq!(arriving.peer, "[2001:db8::7]:50344");
        assert_eq!(arriving.local, "[2001:db8::8]:443");
        assert_eq!(arriving.peer_address, Some(client));
        assert_eq!(arriving.origin, Some(origin_of_address(client)));
        let details = arriving.details.unwrap();
        assert_eq!(details.proxy.as_deref(), Some("nobody"));
        assert_eq!((details.user, details.tls), (None, None));
        let mut unix = b"\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8".to_vec();
        unix.extend([0; 108]);
        unix.extend(b"/run/front");
        unix.resize(16 + 216, 0);
        let arriving = described(&unix).await;
        assert_eq!(arriving.peer, "unix:");
        assert_eq!(arriving.local, "unix:/run/front");
        // Nobody knows which of the proxy's clients it is.
        assert_eq!(arriving.origin, PROXY);
        assert_eq!(arriving.details.unwrap().proxy.as_deref(), Some("nobody"));
    }

    #[tokio::test]
    async fn a_connection_of_the_proxys_own_is_its_own() {
        for header in [
            &b"PROXY UNKNOWN\r\n"[..],
            b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
            b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0",
        ] {
            let arriving = described(header).await;
            assert_eq!(
                (&arriving.peer[..], &arriving.local[..]),
                ("nobody", "here")
            );
            assert_eq!(arriving.origin, PROXY);
            let details = arriving.details.unwrap();
            assert_eq!((details.user, details.proxy), (Some(1000), None));
        }
    }

    #[tokio::test]
    async fn an_end_before_the_header_is_through_is_an_error_with_its_place() {
        for (bytes, told) in [
            (&b""[..], "ended after 0 bytes"),
            (b"PROXY TC", "ended after 8 bytes"),
        ] {
            let (mut transport, mut peer) = pipe();
            peer.write_all(bytes).await.unwrap();
            drop(peer);
            let error = transport.handshake().await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().contains(told), "{error}");
        }
    }
}
