//! Sending a header, as a proxy does.

use super::{v1, v2};
use crate::layers::Layer;
use crate::stream::Stream;
use std::io;
use std::pin::Pin;
use std::str::FromStr;
use tokio::io::AsyncWriteExt as _;

/// A version of the PROXY protocol. As a [`Layer`] it sends a header before all else, with the addresses of the connection
/// itself. Where those are none of TCP the header says so: `UNKNOWN` in version 1, `LOCAL` in version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyProtocol {
    /// A line of text.
    V1,
    /// Bytes.
    V2,
}

impl Layer for ProxyProtocol {
    fn add(
        &self,
        mut stream: Stream,
    ) -> Pin<Box<dyn Future<Output = io::Result<Stream>> + Send + '_>> {
        Box::pin(async move {
            let ends = match stream.tcp() {
                Some(tcp) => Some((tcp.local_addr()?, tcp.peer_addr()?)),
                None => None,
            };
            let header = match self {
                Self::V1 => v1::write(ends),
                Self::V2 => v2::write(ends),
            };
            stream.write_all(&header).await?;
            stream.flush().await?;
            Ok(stream)
        })
    }
}

impl FromStr for ProxyProtocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            _ => Err("expected v1 or v2".to_owned()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, duplex};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn the_addresses_of_the_connection_are_sent_first() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        for version in ["v1", "v2"] {
            let version: ProxyProtocol = version.parse().unwrap();
            let stream = TcpStream::connect(to).await.unwrap();
            let ends = Some((stream.local_addr().unwrap(), to));
            let mut sender = version.add(stream.into()).await.unwrap();
            sender.write_all(b"data").await.unwrap();
            drop(sender);
            let header = match version {
                ProxyProtocol::V1 => v1::write(ends),
                ProxyProtocol::V2 => v2::write(ends),
            };
            let mut came = Vec::new();
            let (mut peer, _) = listener.accept().await.unwrap();
            peer.read_to_end(&mut came).await.unwrap();
            assert_eq!(came, [&header[..], b"data"].concat());
        }
        assert!("v3".parse::<ProxyProtocol>().is_err());
    }

    #[tokio::test]
    async fn a_connection_without_addresses_of_tcp_says_so() {
        for (version, header) in [
            (ProxyProtocol::V1, &b"PROXY UNKNOWN\r\n"[..]),
            (ProxyProtocol::V2, b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"),
        ] {
            let (near, mut far) = duplex(64);
            drop(version.add(Stream::layered(near)).await.unwrap());
            let mut came = Vec::new();
            far.read_to_end(&mut came).await.unwrap();
            assert_eq!(came, header);
        }
    }
}
