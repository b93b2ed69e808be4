//! Version 1: a line of text.

use super::header::{LONGEST_LINE, ProxyAddresses, ProxyHeader, ProxyHeaderError};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// How the line begins.
pub(super) const SIGNATURE: &[u8] = b"PROXY ";

/// See [`ProxyHeader::parse`]. The signature is there.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(ProxyHeader, usize)>, ProxyHeaderError> {
    let within = bytes.get(..LONGEST_LINE).unwrap_or(bytes);
    let Some(feed) = memchr::memchr(b'\n', within) else {
        return match within.len() {
            LONGEST_LINE => Err(ProxyHeaderError::LineWithoutEnd),
            _ => Ok(None),
        };
    };
    let (line, _) = within.split_at(feed);
    let Some(line) = line.strip_suffix(b"\r") else {
        return Err(ProxyHeaderError::Line("it ends with LF alone, not CR LF"));
    };
    let text = line.strip_prefix(SIGNATURE).unwrap_or_default();
    let header = ProxyHeader {
        addresses: addresses(text)?,
        ..ProxyHeader::default()
    };
    Ok(Some((header, feed + 1)))
}

/// The addresses of a line, of what follows its signature.
fn addresses(text: &[u8]) -> Result<Option<ProxyAddresses>, ProxyHeaderError> {
    // What follows UNKNOWN may be anything.
    if text == b"UNKNOWN" || text.starts_with(b"UNKNOWN ") {
        return Ok(None);
    }
    let text = std::str::from_utf8(text).map_err(|_| ProxyHeaderError::Line("it is no text"))?;
    let (family, ends) = text.split_once(' ').unwrap_or((text, ""));
    let addresses = match family {
        "TCP4" => ends_of::<Ipv4Addr>(ends),
        "TCP6" => ends_of::<Ipv6Addr>(ends),
        _ => {
            let why = "neither TCP4 nor TCP6 nor UNKNOWN comes first";
            return Err(ProxyHeaderError::Line(why));
        }
    };
    let why =
        "after the family two addresses of it and two ports are expected, one space before each";
    addresses.map(Some).ok_or(ProxyHeaderError::Line(why))
}

/// Two addresses and two ports.
fn ends_of<A: FromStr + Into<IpAddr>>(text: &str) -> Option<ProxyAddresses> {
    let mut fields = text.split(' ');
    let mut address = || fields.next()?.parse::<A>().ok().map(A::into);
    let (source, destination) = (address()?, address()?);
    let (from, to) = (port(fields.next()?)?, port(fields.next()?)?);
    if fields.next().is_some() {
        return None;
    }
    Some(ProxyAddresses::Tcp {
        source: SocketAddr::new(source, from),
        destination: SocketAddr::new(destination, to),
    })
}

/// A port in decimal digits, without zeros before it.
fn port(text: &str) -> Option<u16> {
    let is_plain = text == "0" || !text.starts_with(['0', '+']);
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The line of a connection between these ends.
pub(super) fn write(ends: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
    let Some((source, destination)) = ends else {
        return b"PROXY UNKNOWN\r\n".to_vec();
    };
    let family = if source.is_ipv4() { "TCP4" } else { "TCP6" };
    let (from, to) = (source.ip(), destination.ip());
    let ports = (source.port(), destination.port());
    format!("PROXY {family} {from} {to} {} {}\r\n", ports.0, ports.1).into_bytes()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_its_length_told() {
        let long = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let longest = format!("PROXY UNKNOWN {long} {long} 65535 65535\r\n");
        assert_eq!(longest.len(), LONGEST_LINE);
        for (line, ends) in [
            (
                "PROXY TCP4 192.0.2.7 192.0.2.8 50344 443\r\n",
                Some(("192.0.2.7:50344", "192.0.2.8:443")),
            ),
            (
                "PROXY TCP4 255.255.255.255 0.0.0.0 0 65535\r\n",
                Some(("255.255.255.255:0", "0.0.0.0:65535")),
            ),
            (
                "PROXY TCP6 2001:DB8::7 ::ffff:192.0.2.8 1 2\r\n",
                Some(("[2001:db8::7]:1", "[::ffff:192.0.2.8]:2")),
            ),
            (
                &format!("PROXY TCP6 {long} {long} 65535 65535\r\n"),
                Some((&format!("[{long}]:65535"), &format!("[{long}]:65535"))),
            ),
            ("PROXY UNKNOWN\r\n", None),
            ("PROXY UNKNOWN \u{1b}what\r ever\r\n", None),
            (&longest, None),
        ] {
            let with_data = [line.as_bytes(), b"\r\ndata"].concat();
            let (header, length) = ProxyHeader::parse(&with_data).unwrap().unwrap();
            assert_eq!(length, line.len(), "{line}");
            let wanted = ends.map(|(source, destination)| ProxyAddresses::Tcp {
                source: source.parse().unwrap(),
                destination: destination.parse().unwrap(),
            });
            assert_eq!(header.addresses, wanted, "{line}");
            assert_eq!(header.tls, None);
            for length in 0..line.len() {
                let (begins, _) = line.as_bytes().split_at(length);
                assert_eq!(ProxyHeader::parse(begins), Ok(None), "{line} {length}");
            }
        }
    }

    #[test]
    fn a_line_that_is_not_exactly_right_is_refused() {
        let family = "neither TCP4 nor TCP6 nor UNKNOWN";
        let ends = "two addresses of it and two ports";
        for (line, why) in [
            ("PROXY \r\n", family),
            ("PROXY  TCP4 192.0.2.7 192.0.2.8 1 2\r\n", family),
            ("PROXY tcp4 192.0.2.7 192.0.2.8 1 2\r\n", family),
            ("PROXY UNKNOWNS\r\n", family),
            ("PROXY TCP4\r\n", ends),
            ("PROXY TCP4 192.0.2.7 192.0.2.8 1\r\n", ends),
            ("PROXY TCP4 192.0.2.7 192.0.2.8 1 2 3\r\n", ends),
            ("PROXY TCP4 192.0.2.7 192.0.2.8 1 2 \r\n", ends),
            ("PROXY TCP4 192.0.2.7  192.0.2.8 1 2\r\n", ends),
            ("PROXY TCP4 192.0.2.07 192.0.2.8 1 2\r\n", ends),
            ("PROXY TCP4 ::1 ::1 1 2\r\n", ends),
            ("PROXY TCP6 192.0.2.7 192.0.2.8 1 2\r\n", ends),
            ("PROXY TCP6 fe80::1%1 ::1 1 2\r\n", ends),
            ("PROXY TCP4 192.0.2.7 192.0.2.8 01 2\r\n", ends),
            ("PROXY TCP4 192.0.2.7 192.0.2.8 +1 2\r\n", ends),
            ("PROXY TCP4 192.0.2.7 192.0.2.8 1 65536\r\n", ends),
            ("PROXY TCP4 192.0.2.7 192.0.2.8 1 2\n", "LF alone"),
            ("PROXY UNKNOWN\n", "LF alone"),
        ] {
            let error = ProxyHeader::parse(line.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{line}: {error}");
        }
        let not_text = ProxyHeader::parse(b"PROXY TCP\xff\r\n").unwrap_err();
        assert_eq!(not_text, ProxyHeaderError::Line("it is no text"));
    }

    #[test]
    fn a_line_without_an_end_is_given_up_after_107_bytes() {
        let line = format!("PROXY UNKNOWN {}", "x".repeat(100));
        let (most, beyond) = line.as_bytes().split_at(LONGEST_LINE - 1);
        assert_eq!(ProxyHeader::parse(most), Ok(None));
        let error = ProxyHeader::parse(&[most, beyond].concat());
        assert_eq!(error, Err(ProxyHeaderError::LineWithoutEnd));
        // The end would be one byte too late.
        let late = [most, b"\r\n"].concat();
        assert_eq!(
            ProxyHeader::parse(&late),
            Err(ProxyHeaderError::LineWithoutEnd)
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        for ends in [
            Some(("192.0.2.7:1", "192.0.2.8:65535")),
            Some(("[2001:db8::7]:1", "[::1]:2")),
            None,
        ] {
            let ends = ends.map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
            let line = write(ends);
            let (header, length) = ProxyHeader::parse(&line).unwrap().unwrap();
            assert_eq!(length, line.len());
            let wanted = ends.map(|(source, destination)| ProxyAddresses::Tcp {
                source,
                destination,
            });
            assert_eq!(header.addresses, wanted);
        }
    }
}
