//! How many connections each peer has.
//!
//! It owns what a peer is, and the count. What becomes of one that has too many is the server's.

use eco_contract::Origin;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The connections of all peers, of which each may have so many.
pub(super) struct Peers {
    pub(super) most: NonZeroUsize,
    open: Mutex<HashMap<Origin, usize>>,
}

/// One connection of a peer, until it is dropped.
pub(super) struct Place {
    peers: Arc<Peers>,
    origin: Origin,
}

impl Peers {
    pub(super) fn new(most: NonZeroUsize) -> Arc<Self> {
        let open = Mutex::default();
        Arc::new(Self { most, open })
    }

    /// One more connection of this peer; `None` if it has as many as it may.
    pub(super) fn place(self: &Arc<Self>, origin: Origin) -> Option<Place> {
        let mut open = self.open();
        let connections = open.entry(origin).or_default();
        if *connections >= self.most.get() {
            return None;
        }
        *connections += 1;
        let peers = self.clone();
        Some(Place { peers, origin })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Origin, usize>> {
        self.open.lock()
    }
}

impl Drop for Place {
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

/// Who is at the other end, as far as an address tells: that of IPv4, also where it came over an IPv6
/// socket; of IPv6 the first 64 bits, since everybody has a network of that size and all the addresses in
/// it. Within one link all addresses have the same 64 bits, and are a peer each.
pub(super) fn origin(address: IpAddr) -> Origin {
    Origin(match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) if address.is_unicast_link_local() => address.to_bits(),
        IpAddr::V6(address) => address.to_bits() & (u128::MAX << 64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_an_address_of_ipv4_or_a_network_of_ipv6() {
        let peer = |text: &str| text.parse().map(origin);
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
    fn a_place_is_free_again_when_it_is_dropped() {
        let peers = Peers::new(NonZeroUsize::MIN);
        let peer = origin(IpAddr::from([127, 0, 0, 1]));
        let place = peers.place(peer);
        assert!(place.is_some() && peers.place(peer).is_none());
        drop(place);
        assert!(peers.open().is_empty());
        assert!(peers.place(peer).is_some());
    }
}
