//! The proxies whose headers are believed, as a person types them.

use super::transport::Proxied;
use crate::listener::Accepted;
use crate::stream::Stream;
use std::net::IpAddr;
use std::str::FromStr;

/// What is typed.
const FORM: &str = "expected networks such as 10.0.0.0/8 or fd00::/8, addresses such as 192.0.2.7, or unix, with a comma between them";

/// The proxies from which a header is expected: `10.0.0.0/8,fd00::/8,192.0.2.7,unix`.
///
/// A connection from one of them begins with a header, and is refused without one. From all others none is looked for:
/// what they send is the dialogue, whatever it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    /// Whoever may connect to a Unix socket.
    unix: bool,
}

/// A network. An IPv4 address is the IPv6 address that it is mapped to (RFC 4291), so that `::/0` has all addresses of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: u128,
    bits: u32,
}

impl TrustedProxies {
    /// The connection, with a layer that expects a header if its peer is one of these. Then it is counted by the peer that
    /// the header names, when that is known.
    pub fn over(&self, mut accepted: Accepted<Stream>) -> Accepted<Stream> {
        if !self.trust(&accepted) {
            return accepted;
        }
        let origin = accepted.origin.take();
        accepted.map(|stream| Stream::layered(Proxied::new(stream, origin)))
    }

    fn trust(&self, accepted: &Accepted<Stream>) -> bool {
        match accepted.peer_address {
            Some(address) => self.networks.iter().any(|network| network.has(address)),
            None => self.unix && accepted.transport.is_unix(),
        }
    }
}

impl Network {
    fn new(address: IpAddr, bits: u32) -> Self {
        let first = mapped(address) & mask(bits);
        Self { first, bits }
    }

    fn has(self, address: IpAddr) -> bool {
        mapped(address) & mask(self.bits) == self.first
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first `bits` bits.
fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(u128::BITS - bits).unwrap_or(0)
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = text
            .split_once('/')
            .map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(drop)?;
        let width = if address.is_ipv4() { 32 } else { u128::BITS };
        let bits: u32 = bits.map_or(Ok(width), str::parse).map_err(drop)?;
        if bits > width {
            return Err(());
        }
        Ok(Self::new(address, u128::BITS - width + bits))
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut trusted = Self {
            networks: Vec::new(),
            unix: false,
        };
        for one in text.split(',').map(str::trim) {
            match one {
                "unix" => trusted.unix = true,
                _ => {
                    let network = one.parse().map_err(|()| format!("{one:?}: {FORM}"))?;
                    trusted.networks.push(network);
                }
            }
        }
        Ok(trusted)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use tokio::io::duplex;

    /// Whether a header is expected from a peer at this address, or from one without an address.
    fn trusts(typed: &str, address: &str) -> bool {
        let trusted: TrustedProxies = typed.parse().unwrap();
        let accepted = Accepted::new(Stream::layered(duplex(1).0), "peer", "local");
        match address {
            "" => trusted.trust(&accepted),
            _ => trusted.trust(&accepted.with_address(address.parse().unwrap())),
        }
    }

    #[test]
    fn a_proxy_is_trusted_whose_address_is_in_a_network() {
        let typed = "10.0.0.0/8, fd00::/8,192.0.2.7,unix";
        for address in [
            "10.0.0.0",
            "10.255.255.255",
            "::ffff:10.1.2.3",
            "fd00::1",
            "fdff:ffff::",
            "192.0.2.7",
            "::ffff:192.0.2.7",
        ] {
            assert!(trusts(typed, address), "{address}");
        }
        for address in [
            "11.0.0.0",
            "9.255.255.255",
            "192.0.2.8",
            "fc00::1",
            "::10.1.2.3",
            "127.0.0.1",
            // In memory.
            "",
        ] {
            assert!(!trusts(typed, address), "{address}");
        }
        for (typed, address, is_trusted) in [
            ("0.0.0.0/0", "192.0.2.7", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("::/0", "192.0.2.7", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("10.0.0.9/8", "10.1.2.3", true),
            ("unix", "127.0.0.1", false),
        ] {
            assert_eq!(trusts(typed, address), is_trusted, "{typed} {address}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn whoever_comes_to_a_unix_socket_is_trusted_by_name() {
        let (stream, _peer) = tokio::net::UnixStream::pair().unwrap();
        let accepted = Accepted::new(Stream::Unix(stream), "uid:1000", "unix:/run/x");
        assert!(
            !"127.0.0.1"
                .parse::<TrustedProxies>()
                .unwrap()
                .trust(&accepted)
        );
        assert!("unix".parse::<TrustedProxies>().unwrap().trust(&accepted));
    }

    #[test]
    fn what_is_no_network_is_told_what_one_is() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "unix,",
            "10.0.0.0/8 unix",
            "/8",
        ] {
            let error = text.parse::<TrustedProxies>().unwrap_err();
            assert!(error.contains("10.0.0.0/8"), "{text}: {error}");
        }
    }
}
