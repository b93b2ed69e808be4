//! Counts the connections of each peer, and admits no more than a peer may have.

use eco_contract::Origin;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The connections of all peers.
#[derive(Default)]
pub(super) struct Peers {
    open: Mutex<HashMap<Origin, usize>>,
}

/// The admission of one connection of a peer, until it is dropped.
pub(super) struct Admission {
    peers: Arc<Peers>,
    origin: Origin,
}

impl Peers {
    /// Admits one more connection of this peer; `None` if it has `most` of them, or more.
    pub(super) fn admit(self: &Arc<Self>, origin: Origin, most: NonZeroUsize) -> Option<Admission> {
        let mut open = self.open();
        let connections = open.entry(origin).or_default();
        if *connections >= most.get() {
            return None;
        }
        *connections += 1;
        let peers = self.clone();
        Some(Admission { peers, origin })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Origin, usize>> {
        self.open.lock()
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.peers.open();
        if let Some(connections) = open.get_mut(&self.origin) {
            *connections -= 1;
            // The map has no more entries than there are connections.
            if *connections == 0 {
                open.remove(&self.origin);
            }
        }
    }
}

/// The peer of an address. An IPv4 address is a peer, also over an IPv6 socket. Of an IPv6 address the first 64 bits
/// are, since everybody has a network of that size and all the addresses in it. Within one link all addresses have the
/// same 64 bits, and are a peer each.
pub(super) fn origin_of_address(address: IpAddr) -> Origin {
    Origin(match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) if address.is_unicast_link_local() => address.to_bits(),
        IpAddr::V6(address) => address.to_bits() & (u128::MAX << 64),
    })
}

/// The peer that is a user of this machine, at the other end of a Unix socket. No address has such a number: of a network the
/// last 64 bits are 0, an address of IPv4 has 48 bits, and one within a link begins with `fe80`.
#[cfg(unix)]
pub(super) fn origin_of_user(user: u32) -> Origin {
    Origin((1 << 63) | u128::from(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_an_address_of_ipv4_or_a_network_of_ipv6() {
        let peer = |text: &str| text.parse().map(origin_of_address);
        for (one, other) in [
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"),
            ("fe80::1", "fe80::1"),
        ] {
            assert_eq!(peer(one), peer(other), "{one} {other}");
        }
        for (one, other) in [
            ("192.0.2.1", "192.0.2.2"),
            ("2001:db8:0:1::1", "2001:db8:0:2::1"),
            ("fe80::1", "fe80::2"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ] {
            assert_ne!(peer(one), peer(other), "{one} {other}");
        }
    }

    #[test]
    fn a_peer_has_room_again_when_an_admission_is_dropped() {
        let peers = Arc::new(Peers::default());
        let peer = origin_of_address(IpAddr::from([127, 0, 0, 1]));
        let one = NonZeroUsize::MIN;
        let admission = peers.admit(peer, one);
        assert!(admission.is_some() && peers.admit(peer, one).is_none());
        drop(admission);
        assert!(peers.open().is_empty());
        assert!(peers.admit(peer, one).is_some());
    }
}
