//! Source addresses of connections.
//!
//! A connection is known by its two addresses and ports. So one address can hold some 28,000 connections to
//! one server, and more need more addresses. On Linux all of 127.0.0.0/8 is this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address, or the addresses of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources {
    first: IpAddr,
    /// Number of addresses from `first` on.
    many: u128,
}

impl Sources {
    /// The address for this connection. Addresses take turns.
    pub fn of(&self, connection: u64) -> IpAddr {
        let offset = u128::from(connection) % self.many;
        match self.first {
            IpAddr::V4(first) => {
                let offset = u32::try_from(offset).unwrap_or_default();
                Ipv4Addr::from_bits(first.to_bits().wrapping_add(offset)).into()
            }
            IpAddr::V6(first) => Ipv6Addr::from_bits(first.to_bits().wrapping_add(offset)).into(),
        }
    }
}

impl FromStr for Sources {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str =
            "expected an address, such as 127.0.0.2, or a network, such as 127.0.0.0/8";
        let (address, bits) = text
            .split_once('/')
            .map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| FORM)?;
        let width: u8 = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let bits: u8 = bits.map_or(Ok(width), str::parse).map_err(|_| FORM)?;
        let host = width.checked_sub(bits).ok_or(FORM)?;
        let size = 1u128.checked_shl(host.into()).unwrap_or(u128::MAX);
        // The first address of a network is its name, and the last one means everybody.
        let (skipped, many) = match size {
            0..4 => (0, size),
            _ => (1, size - 2),
        };
        let mask = match size {
            u128::MAX => 0,
            size => !(size - 1),
        };
        let first = match address {
            IpAddr::V4(address) => {
                let bits = (u128::from(address.to_bits()) & mask) + skipped;
                Ipv4Addr::from_bits(u32::try_from(bits).map_err(|_| FORM)?).into()
            }
            IpAddr::V6(address) => Ipv6Addr::from_bits((address.to_bits() & mask) + skipped).into(),
        };
        Ok(Self { first, many })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_network_gives_its_addresses_in_turn_without_its_first_and_last() {
        let given = |text: &str| -> Vec<String> {
            let sources = Sources::from_str(text).unwrap();
            (0..4).map(|n| sources.of(n).to_string()).collect()
        };
        assert_eq!(given("127.0.0.9"), ["127.0.0.9"; 4]);
        assert_eq!(
            given("127.0.0.9/30"),
            ["127.0.0.9", "127.0.0.10", "127.0.0.9", "127.0.0.10"]
        );
        assert_eq!(
            given("127.0.0.0/8"),
            ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]
        );
        assert_eq!(given("::1/127"), ["::", "::1", "::", "::1"]);
    }

    #[test]
    fn what_is_no_network_is_told_what_one_is() {
        for text in ["", "localhost", "127.0.0.0/33", "127.0.0.0/x", "::/129"] {
            let error = Sources::from_str(text).unwrap_err();
            assert!(error.contains("127.0.0.0/8"), "{text}: {error}");
        }
    }
}
