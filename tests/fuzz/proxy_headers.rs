//! Headers of the PROXY protocol, of both versions: `net::ProxyHeader`, and the stream of a trusted proxy, which hands its
//! bytes out in pieces.

use super::pieces::Pieces;
use eco_host::net::{Accepted, ProxyHeader, Stream, Transport, TrustedProxies};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::runtime::Builder;

/// The bytes of the longest header: version 2 with 4 KiB of addresses and TLVs.
const LONGEST: usize = 16 + 4096;

/// Which bytes are made, and of what; a length that may be wrong; the pieces in which they come, and what follows them.
type Input = (u8, Vec<(u8, Vec<u8>)>, i8, Vec<u8>, Vec<u8>);

/// What lines of version 1 are made of, and what is nearly that.
const WORDS: [&[u8]; 18] = [
    b"PROXY ",
    b"TCP4 ",
    b"TCP6 ",
    b"UNKNOWN",
    b" ",
    b"192.0.2.7 ",
    b"255.255.255.255 ",
    b"2001:db8::7 ",
    b"::ffff:192.0.2.7 ",
    b"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ",
    b"0 ",
    b"65535",
    b"65536",
    b"01",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n",
];

fn line(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut line = b"PROXY ".to_vec();
    for (word, bytes) in parts {
        match WORDS.get(usize::from(*word) % 24) {
            Some(word) => line.extend_from_slice(word),
            None => line.extend(bytes),
        }
    }
    line
}

/// A line that is right but for what `parts` put into it.
fn right_line(parts: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut line = b"PROXY TCP6 ::1 2001:db8::7 50344 443\r\n".to_vec();
    for (place, bytes) in parts.iter().take(2) {
        if let Some(byte) = line.get_mut(usize::from(*place) % 64) {
            *byte = bytes.first().copied().unwrap_or(b' ');
        }
    }
    line
}

/// A header of version 2 with TLVs of these types and values. Some numbers `wrong` make its length wrong, and some that of
/// each TLV.
fn binary(kind: u8, parts: &[(u8, Vec<u8>)], wrong: i8) -> Vec<u8> {
    const FAMILIES: [u8; 8] = [0x11, 0x21, 0x31, 0x11, 0, 0x12, 0x32, 0x41];
    const KINDS: [u8; 8] = [1, 2, 3, 4, 0x20, 0x20, 0x21, 0x22];
    let family = FAMILIES[usize::from(kind) % 8];
    let command = match kind {
        0..3 => 0x20,
        3 => 0x22,
        4 => 0x11,
        _ => 0x21,
    };
    let (wrong, wrong_within) = match wrong {
        -4..=4 => (wrong, 0),
        5..=10 => (0, wrong - 7),
        _ => (0, 0),
    };
    let addresses = match family {
        0x11 | 0x12 => 12,
        0x21 => 36,
        0x31 | 0x32 => 216,
        _ => 0,
    };
    let mut block = vec![kind % 3; addresses];
    for (kind, value) in parts {
        let kind = KINDS[usize::from(*kind) % 8];
        // Values that are texts, longer than a text may be, and TLVs within the one of TLS.
        let value = match value.as_slice() {
            [0xff, rest @ ..] => vec![b'x'; 250 + rest.len()],
            [0xfe, ..] => vec![0; 1500],
            [0xfd, ..] => value.clone(),
            [client, rest @ ..] if kind == 0x20 => {
                let verify = u8::from(rest.len() > 40);
                let within = tlv(0x21 + client % 2, &ascii(rest), wrong_within);
                [&[*client, 0, 0, 0, verify][..], &within].concat()
            }
            value => ascii(value),
        };
        block.extend(tlv(kind, &value, wrong_within));
    }
    let length = i64::try_from(block.len()).expect("it is short") + i64::from(wrong);
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let four = [command, family, high, low];
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &four, &block].concat()
}

fn tlv(kind: u8, value: &[u8], wrong: i8) -> Vec<u8> {
    let length = i64::try_from(value.len()).expect("it is short") + i64::from(wrong);
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    [&[kind], &length.to_be_bytes()[..], value].concat()
}

fn ascii(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte & 0x7f).collect()
}

fn header((form, parts, wrong, _, _): &Input) -> Vec<u8> {
    match form % 64 {
        0..8 => line(parts),
        8..16 => right_line(parts),
        16..24 => parts.iter().flat_map(|(_, bytes)| bytes).copied().collect(),
        form => binary(form - 24, parts, *wrong),
    }
}

#[test]
fn a_header_is_the_same_however_it_comes_and_what_follows_is_left() {
    let runtime = AssertUnwindSafe(Builder::new_current_thread().build().unwrap());
    bolero::check!().with_type::<Input>().for_each(|input| {
        let (_, _, _, pieces, data) = input;
        let bytes = [&header(input)[..], data].concat();
        let length = parsed(&bytes);
        runtime.block_on(served(&bytes, pieces, length));
    });
}

/// The length of the header that bytes begin with. 0: there is none.
fn parsed(bytes: &[u8]) -> usize {
    match ProxyHeader::parse(bytes) {
        Ok(Some((header, length))) => {
            assert!(length <= LONGEST, "{length}");
            let whole = ProxyHeader::parse(&bytes[..length]);
            assert_eq!(whole, Ok(Some((header.clone(), length))));
            for begins in 0..length {
                assert_eq!(ProxyHeader::parse(&bytes[..begins]), Ok(None), "{begins}");
            }
            let tls = header.tls.unwrap_or_default();
            let subject = tls.certificate.map(|certificate| certificate.subject);
            for text in [Some(tls.version), tls.server_name, tls.protocol, subject] {
                assert!(text.is_none_or(|text| text.len() <= 255));
            }
            length
        }
        Ok(None) => {
            assert!(bytes.len() < LONGEST, "{} bytes are enough", bytes.len());
            0
        }
        Err(error) => {
            let text = error.to_string();
            let is_harmless = !text.contains(char::is_control) && text.len() < 300;
            assert!(is_harmless, "{text:?}");
            0
        }
    }
}

/// The same bytes as they come from a proxy.
async fn served(bytes: &[u8], pieces: &[u8], length: usize) {
    let left = Arc::new(AtomicUsize::new(bytes.len()));
    let proxy = Proxy(Pieces::new(bytes, pieces), left.clone());
    let trusted: TrustedProxies = "127.0.0.1".parse().expect("it is an address");
    let accepted = Accepted::new(Stream::layered(proxy), "proxy", "local")
        .with_address(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let mut accepted = trusted.over(accepted);
    assert_eq!(accepted.origin, None, "its client is counted");
    let shaken = accepted.transport.handshake().await;
    let read = bytes.len() - left.load(Ordering::Relaxed);
    assert!(read <= LONGEST, "{read} bytes");
    assert_eq!(shaken.is_ok(), length > 0, "{shaken:?}");
    if length > 0 {
        let mut rest = Vec::new();
        let end = accepted.transport.read_to_end(&mut rest).await;
        assert_eq!(end.expect("it ends in order"), bytes.len() - length);
        assert!(rest == bytes[length..]);
    }
}

/// The stream of a proxy, and how much of it was not read.
struct Proxy(Pieces, Arc<AtomicUsize>);

impl Transport for Proxy {
    fn reset_on_drop(&mut self) {}
}

impl AsyncRead for Proxy {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(cx, to);
        self.1.store(self.0.left(), Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Proxy {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
