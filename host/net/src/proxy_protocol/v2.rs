//! Version 2: a signature, four bytes, addresses, and then TLVs.

use super::header::{LONGEST_BLOCK, ProxyAddresses, ProxyHeader, ProxyHeaderError};
use super::tlv;
use eco_text::escape::one_line;
use std::net::{IpAddr, SocketAddr};

/// How the header begins.
pub(super) const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// The bytes before the addresses: the signature, version and command, family and protocol, and the length of the rest.
pub(super) const PREFIX: usize = SIGNATURE.len() + 4;

const LOCAL: u8 = 0;
const PROXY: u8 = 1;
const TCP4: u8 = 0x11;
const TCP6: u8 = 0x21;
const UNIX_STREAM: u8 = 0x31;

/// The numbers of families go up to that of Unix sockets, and those of protocols up to that of datagrams.
const LAST_FAMILY: u8 = 3;
const LAST_PROTOCOL: u8 = 2;

/// Bytes of the name of a Unix socket.
const UNIX_NAME: usize = 108;

/// See [`ProxyHeader::parse`]. The signature is there.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(ProxyHeader, usize)>, ProxyHeaderError> {
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let &[.., version_and_command, family, high, low] = prefix;
    let (version, command) = (version_and_command >> 4, version_and_command & 0xf);
    if version != 2 {
        return Err(ProxyHeaderError::Version(version));
    }
    if !matches!(command, LOCAL | PROXY) {
        return Err(ProxyHeaderError::Command(command));
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > LONGEST_BLOCK {
        return Err(ProxyHeaderError::TooLong(length));
    }
    let Some(block) = rest.get(..length) else {
        return Ok(None);
    };
    let header = match command {
        // Whatever it says beside that is to be skipped.
        LOCAL => ProxyHeader::default(),
        _ => passed_on(family, block)?,
    };
    Ok(Some((header, PREFIX + length)))
}

/// The header of a connection that is passed on.
fn passed_on(family: u8, block: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    let mut rest = block;
    let addresses = match family {
        TCP4 => tcp::<4>(&mut rest),
        TCP6 => tcp::<16>(&mut rest),
        UNIX_STREAM => unix(&mut rest),
        _ if family >> 4 <= LAST_FAMILY && family & 0xf <= LAST_PROTOCOL => {
            // No family, no protocol, or datagrams, which a stream can't be: the ends are those of the connection itself.
            return Ok(ProxyHeader::default());
        }
        _ => return Err(ProxyHeaderError::Family(family)),
    };
    let length = block.len();
    let addresses = addresses.ok_or(ProxyHeaderError::TooShort { family, length })?;
    Ok(ProxyHeader {
        addresses: Some(addresses),
        tls: tlv::tls(rest)?,
    })
}

fn tcp<const BYTES: usize>(rest: &mut &[u8]) -> Option<ProxyAddresses>
where
    IpAddr: From<[u8; BYTES]>,
{
    let (source, destination) = (take::<BYTES>(rest)?, take::<BYTES>(rest)?);
    let (from, to) = (take(rest)?, take(rest)?);
    Some(ProxyAddresses::Tcp {
        source: SocketAddr::new(source.into(), u16::from_be_bytes(from)),
        destination: SocketAddr::new(destination.into(), u16::from_be_bytes(to)),
    })
}

fn unix(rest: &mut &[u8]) -> Option<ProxyAddresses> {
    Some(ProxyAddresses::Unix {
        source: unix_name(take(rest)?),
        destination: unix_name(take(rest)?),
    })
}

/// A path ends with the first NUL. An abstract name begins with one.
fn unix_name(name: [u8; UNIX_NAME]) -> String {
    let (mark, name) = match name.strip_prefix(b"\0") {
        Some(name) if name.iter().any(|byte| *byte != 0) => ("@", name),
        _ => ("", &name[..]),
    };
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    format!("unix:{mark}{}", one_line(String::from_utf8_lossy(name)))
}

fn take<const BYTES: usize>(rest: &mut &[u8]) -> Option<[u8; BYTES]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

/// The header of a connection between these ends. Without them the connection is the sender's own.
pub(super) fn write(ends: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
    let (command, family, block) = match ends {
        None => (LOCAL, 0, Vec::new()),
        Some((SocketAddr::V4(from), SocketAddr::V4(to))) => {
            let addresses = [from.ip().octets(), to.ip().octets()];
            (PROXY, TCP4, block(addresses, [from.port(), to.port()]))
        }
        Some((from, to)) => {
            let addresses = [from.ip(), to.ip()].map(|address| match address {
                IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                IpAddr::V6(address) => address.octets(),
            });
            (PROXY, TCP6, block(addresses, [from.port(), to.port()]))
        }
    };
    let [high, low] = (block.len() as u16).to_be_bytes();
    let four = [(2 << 4) | command, family, high, low];
    [&SIGNATURE, &four[..], &block].concat()
}

/// Addresses and ports.
fn block<const BYTES: usize>(addresses: [[u8; BYTES]; 2], ports: [u16; 2]) -> Vec<u8> {
    [addresses.concat(), ports.map(u16::to_be_bytes).concat()].concat()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// A header with these bytes after its signature, whose length is that of `block`.
    fn header(version_and_command: u8, family: u8, block: &[u8]) -> Vec<u8> {
        let length = u16::try_from(block.len()).unwrap().to_be_bytes();
        let four = [version_and_command, family, length[0], length[1]];
        [&SIGNATURE[..], &four, block].concat()
    }

    fn error(bytes: &[u8]) -> String {
        ProxyHeader::parse(bytes).unwrap_err().to_string()
    }

    fn tcp(source: &str, destination: &str) -> ProxyAddresses {
        ProxyAddresses::Tcp {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
        }
    }

    const V4: [u8; 12] = [192, 0, 2, 7, 192, 0, 2, 8, 0xc4, 0xa8, 0x01, 0xbb];
    const NOOP: [u8; 5] = [0x04, 0, 2, 0xff, 0xff];

    #[test]
    fn a_header_is_read_and_its_length_told() {
        let v6 = [
            &[0; 15][..],
            &[1],
            &[0x20, 1, 0xd, 0xb8],
            &[0; 11],
            &[7, 0, 1, 0, 2],
        ]
        .concat();
        let mut names = [[0; UNIX_NAME]; 3];
        names[0][..3].copy_from_slice(b"/a\n");
        names[1][..5].copy_from_slice(b"\0name");
        let unix = |source: &str, destination: &str| ProxyAddresses::Unix {
            source: source.to_owned(),
            destination: destination.to_owned(),
        };
        let v4 = Some(tcp("192.0.2.7:50344", "192.0.2.8:443"));
        for (bytes, addresses) in [
            (header(0x21, TCP4, &V4), v4.clone()),
            (header(0x21, TCP4, &[&V4[..], &NOOP].concat()), v4),
            (
                header(0x21, TCP6, &v6),
                Some(tcp("[::1]:1", "[2001:db8::7]:2")),
            ),
            (
                header(0x21, UNIX_STREAM, &names[..2].concat()),
                Some(unix("unix:/a\\n", "unix:@name")),
            ),
            (
                header(0x21, UNIX_STREAM, &[[b'x'; UNIX_NAME], names[2]].concat()),
                Some(unix(&format!("unix:{}", "x".repeat(UNIX_NAME)), "unix:")),
            ),
            // Its own connection, whatever stands in the block.
            (header(0x20, 0, b""), None),
            (header(0x20, 0xff, &[0xff; LONGEST_BLOCK]), None),
            // Nothing that a stream could be.
            (header(0x21, 0, b""), None),
            (header(0x21, 0, &[0xff; 40]), None),
            (header(0x21, 0x12, &V4), None),
            (header(0x21, 0x32, b"short"), None),
            (header(0x21, 0x10, b""), None),
        ] {
            for length in 0..bytes.len() {
                assert_eq!(ProxyHeader::parse(&bytes[..length]), Ok(None), "{length}");
            }
            let with_data = [&bytes[..], b"\r\n\r\ndata"].concat();
            let (header, length) = ProxyHeader::parse(&with_data).unwrap().unwrap();
            assert_eq!(length, bytes.len());
            assert_eq!((header.addresses, header.tls), (addresses, None));
        }
    }

    #[test]
    fn a_header_that_is_not_exactly_right_is_refused() {
        let short = "too few for addresses of the family 0x11";
        for (bytes, why) in [
            (header(0x11, TCP4, &V4), "the version is 1"),
            (header(0x31, TCP4, &V4), "the version is 3"),
            (header(0x22, TCP4, &V4), "no command 2"),
            (header(0x21, 0x41, &V4), "no family and protocol 0x41"),
            (header(0x21, 0x13, &V4), "no family and protocol 0x13"),
            (header(0x21, TCP4, &V4[..11]), short),
            (header(0x21, TCP4, b""), short),
            (header(0x21, TCP6, &V4), "of the family 0x21"),
            (header(0x21, UNIX_STREAM, &[0; 215]), "of the family 0x31"),
            // A TLV goes on beyond the header, or is cut within its three bytes.
            (
                header(0x21, TCP4, &[&V4[..], &NOOP[..4]].concat()),
                "TLV 0x04",
            ),
            (
                header(0x21, TCP4, &[&V4[..], &NOOP[..2]].concat()),
                "TLV 0x04",
            ),
        ] {
            let error = error(&bytes);
            assert!(error.contains(why), "{bytes:?}: {error}");
        }
    }

    #[test]
    fn more_than_is_read_is_refused_before_it_comes() {
        let bytes = header(0x20, 0, &[0; LONGEST_BLOCK + 1]);
        let said = error(&bytes[..PREFIX]);
        assert_eq!(
            said,
            "version 2 announces 4097 bytes, and at most 4096 are read"
        );
        assert_eq!(said, error(&bytes));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for ends in [
            Some(("192.0.2.7:1", "192.0.2.8:65535")),
            Some(("[2001:db8::7]:1", "[::1]:2")),
            None,
        ] {
            let written = write(ends.map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap())));
            let (header, length) = ProxyHeader::parse(&written).unwrap().unwrap();
            assert_eq!(length, written.len());
            assert_eq!(header.addresses, ends.map(|(a, b)| tcp(a, b)));
        }
    }
}
