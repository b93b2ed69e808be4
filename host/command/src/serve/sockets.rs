//! The sockets of all services, by the addresses that they were made for. A service listens with listeners of its own of
//! them, so that a socket stays open while what listens on it changes.

use super::listen_arg::{Framing, ListenArg};
use super::service_config::ServiceConfig;
use eco_net::{ActivatedSockets, BindError, BoundListener, ListenAddress, bind, collide};
use std::io::{self, ErrorKind};

/// The sockets of a process.
pub(super) struct Sockets {
    /// Those that were handed over, and that nobody has asked for yet.
    activated: ActivatedSockets,
    /// Those of each address. An address that another includes has none.
    open: Vec<(SocketKey, Vec<BoundListener>)>,
}

/// An address, as it stands for sockets that stay the same: whoever listens on it.
#[derive(Clone, PartialEq)]
pub(super) struct SocketKey {
    address: ListenAddress,
    /// Whose, and which of several, where the address is another each time: with port 0.
    of: Option<(Option<String>, usize)>,
}

impl SocketKey {
    /// Those of all addresses of a service, each once.
    pub(super) fn all_of(config: &ServiceConfig) -> Vec<Self> {
        let keys = Self::with_framing(config).into_iter();
        keys.map(|(key, _)| key).collect()
    }

    /// The same, each with what carries the bytes there.
    pub(super) fn with_framing(config: &ServiceConfig) -> Vec<(Self, &Framing)> {
        let mut keys: Vec<(Self, &Framing)> = Vec::new();
        for ListenArg { framing, address } in &config.listen {
            let is_another_each_time = !collide(address, address);
            let alike = keys.iter().filter(|(key, _)| key.address == *address);
            let same = alike.count();
            let key = Self {
                address: address.clone(),
                of: is_another_each_time.then(|| (config.name.clone(), same)),
            };
            if !keys.iter().any(|(known, _)| *known == key) {
                keys.push((key, framing));
            }
        }
        keys
    }
}

impl Sockets {
    /// None yet, and those that were handed over.
    pub(super) fn new(activated: ActivatedSockets) -> Self {
        Self {
            activated,
            open: Vec::new(),
        }
    }

    /// Listens on those of these addresses that have no socket yet. Nothing is accepted.
    ///
    /// # Errors
    /// An address can't be listened on. Some others of them may have a socket then.
    pub(super) async fn open(&mut self, wanted: &[SocketKey]) -> Result<(), BindError> {
        let missing = wanted.iter().filter(|key| self.of(key).is_empty());
        // A socket that was handed over is not lost where another address can't be listened on.
        let (handed_over, mut own): (Vec<SocketKey>, Vec<SocketKey>) = missing
            .cloned()
            .partition(|key| matches!(key.address, ListenAddress::Activated(_)));
        let sockets = loop {
            let addresses: Vec<ListenAddress> = own.iter().map(|key| key.address.clone()).collect();
            match bind(&addresses, &mut self.activated).await {
                Ok(sockets) => break sockets,
                Err(refused) if self.is_included(&refused, wanted) => {
                    for key in own.extract_if(.., |key| key.address == refused.address) {
                        put(&mut self.open, key, Vec::new());
                    }
                }
                Err(refused) => return Err(refused),
            }
        };
        for (key, sockets) in own.into_iter().zip(sockets) {
            put(&mut self.open, key, sockets);
        }
        // `systemd` alone takes all that the others have not named.
        let (named, rest): (Vec<_>, Vec<_>) = handed_over
            .into_iter()
            .partition(|key| key.address != ListenAddress::Activated(None));
        for key in named.into_iter().chain(rest) {
            let taken = bind(std::slice::from_ref(&key.address), &mut self.activated).await?;
            put(&mut self.open, key, taken.into_iter().flatten().collect());
        }
        Ok(())
    }

    /// Whether an address is refused since another that is wanted, too, has all that comes to it.
    fn is_included(&self, refused: &BindError, wanted: &[SocketKey]) -> bool {
        let address = &refused.address;
        let includes =
            |other: &SocketKey| !self.of(other).is_empty() && collide(&other.address, address);
        // A name may be what includes it, which stays if all stay.
        let was_included = || {
            self.open.iter().any(|(key, _)| key.address == *address)
                && self.open.iter().all(|(key, _)| wanted.contains(key))
        };
        refused.error.kind() == ErrorKind::AddrInUse
            && (wanted.iter().any(includes) || was_included())
    }

    /// An address that has a socket, so that this one can have none.
    pub(super) fn in_the_way_of(&self, address: &ListenAddress) -> Option<&ListenAddress> {
        let open = self.open.iter().filter(|(_, sockets)| !sockets.is_empty());
        let mut addresses = open.map(|(key, _)| &key.address);
        addresses.find(|other| collide(other, address))
    }

    fn of(&self, key: &SocketKey) -> &[BoundListener] {
        let found = self.open.iter().find(|(known, _)| known == key);
        found.map_or(&[], |(_, sockets)| sockets)
    }

    /// A listener for each socket of this address.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub(super) fn listeners(&self, key: &SocketKey) -> io::Result<Vec<BoundListener>> {
        let sockets = self.of(key).iter();
        sockets.map(BoundListener::try_clone).collect()
    }

    /// Closes the sockets of all other addresses. Those that were handed over stay: nobody could open them again.
    pub(super) fn keep(&mut self, wanted: &[SocketKey]) {
        self.open.retain(|(key, _)| {
            matches!(key.address, ListenAddress::Activated(_)) || wanted.contains(key)
        });
    }
}

fn put(
    open: &mut Vec<(SocketKey, Vec<BoundListener>)>,
    key: SocketKey,
    sockets: Vec<BoundListener>,
) {
    open.retain(|(known, _)| *known != key);
    open.push((key, sockets));
}
