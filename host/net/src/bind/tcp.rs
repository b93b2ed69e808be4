//! Listening on TCP: which addresses get a socket.

use super::backlog::BACKLOG;
use super::error::BindError;
use crate::address::Endpoint;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};

/// The sockets of each of these endpoints, as [`bind()`](super::bind()) says.
pub(super) async fn listen_on(endpoints: &[&Endpoint]) -> Result<Vec<Vec<TcpListener>>, BindError> {
    let failed = |endpoint: &Endpoint, error| BindError {
        address: endpoint.clone().into(),
        error,
    };
    let mut resolved = Vec::new();
    for &endpoint in endpoints {
        let addresses = endpoint.resolve().await;
        resolved.push((
            endpoint,
            addresses.map_err(|error| failed(endpoint, error))?,
        ));
    }
    let all: Vec<SocketAddr> = resolved.iter().flat_map(|(_, of)| of).copied().collect();
    let reach = Reach::of_system();
    let mut all_listeners = Vec::new();
    let mut before = 0;
    for (endpoint, addresses) in resolved {
        let mut listeners = Vec::new();
        let (mut missing, mut is_listened_on) = (None, false);
        for address in addresses {
            let is_included = reach.includes(&all, before);
            before += 1;
            if is_included {
                is_listened_on = true;
                continue;
            }
            match listen(address) {
                Ok(listener) => {
                    listeners.push(listener);
                    is_listened_on = true;
                }
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                    missing = Some(error);
                }
                Err(error) => return Err(failed(endpoint, error)),
            }
        }
        if let Some(error) = missing.filter(|_| !is_listened_on) {
            return Err(failed(endpoint, error));
        }
        all_listeners.push(listeners);
    }
    Ok(all_listeners)
}

/// Whether not both of these can be listened on; names are not asked for.
pub(super) fn collide(one: &Endpoint, other: &Endpoint) -> bool {
    if one.port == 0 {
        return false;
    }
    let address = |endpoint: &Endpoint| endpoint.to_string().parse::<SocketAddr>();
    match (address(one), address(other)) {
        (Ok(one), Ok(other)) => {
            let both = [one, other];
            let reach = Reach::of_system();
            reach.includes(&both, 0) || reach.includes(&both, 1)
        }
        _ => one == other,
    }
}

/// The families of a socket on `[::]`.
#[derive(Clone, Copy)]
enum Reach {
    /// IPv6 alone.
    Ipv6,
    /// IPv4 too.
    Both,
}

impl Reach {
    /// The system's default (`net.ipv6.bindv6only` on Linux).
    fn of_system() -> Self {
        let only_v6 = TcpSocket::new_v6().and_then(|socket| SockRef::from(&socket).only_v6());
        match only_v6 {
            Ok(false) => Self::Both,
            _ => Self::Ipv6,
        }
    }

    /// Whether another of the addresses includes the one at `place`: an equal one before it, or a wildcard.
    fn includes(self, addresses: &[SocketAddr], place: usize) -> bool {
        let Some(address) = addresses.get(place).filter(|address| address.port() != 0) else {
            return false;
        };
        let mut others = addresses.iter().enumerate();
        others.any(|(at, other)| match other == address {
            true => at < place,
            false => {
                let is_of_its_family = match self {
                    Self::Ipv6 => other.is_ipv6() == address.is_ipv6(),
                    Self::Both => other.is_ipv6() || address.is_ipv4(),
                };
                other.port() == address.port() && other.ip().is_unspecified() && is_of_its_family
            }
        })
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // So that a restarted server gets its port back at once. On Windows it means something else.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Those of these that get a socket.
    fn listened_on(reach: Reach, typed: &str) -> String {
        let addresses = typed.split(' ').map(|address| address.parse().unwrap());
        let addresses: Vec<SocketAddr> = addresses.collect();
        let places = 0..addresses.len();
        let own = places.filter(|place| !reach.includes(&addresses, *place));
        let own: Vec<String> = own.map(|place| addresses[place].to_string()).collect();
        own.join(" ")
    }

    #[test]
    fn an_address_that_another_has_gets_no_socket_of_its_own() {
        for (typed, listened) in [
            ("127.0.0.1:7 127.0.0.1:7", "127.0.0.1:7"),
            ("[::1]:7 127.0.0.1:7 [::1]:7", "[::1]:7 127.0.0.1:7"),
            ("127.0.0.1:7 127.0.0.1:8", "127.0.0.1:7 127.0.0.1:8"),
            ("127.0.0.1:0 127.0.0.1:0", "127.0.0.1:0 127.0.0.1:0"),
            ("0.0.0.0:0 127.0.0.1:0", "0.0.0.0:0 127.0.0.1:0"),
            ("127.0.0.1:7 0.0.0.0:7", "0.0.0.0:7"),
            ("0.0.0.0:7 [::1]:7", "0.0.0.0:7 [::1]:7"),
        ] {
            for reach in [Reach::Ipv6, Reach::Both] {
                assert_eq!(listened_on(reach, typed), listened, "{typed}");
            }
        }
    }

    #[test]
    fn what_stands_for_all_of_ipv6_has_ipv4_where_the_systems_sockets_do() {
        for typed in [
            "0.0.0.0:7 [::]:7",
            "[::]:7 127.0.0.1:7 0.0.0.0:7",
            "[::1]:7 [::]:7 127.0.0.1:7",
        ] {
            assert_eq!(listened_on(Reach::Both, typed), "[::]:7", "{typed}");
        }
        let typed = "0.0.0.0:7 [::]:7 127.0.0.1:7 [::1]:7";
        assert_eq!(listened_on(Reach::Ipv6, typed), "0.0.0.0:7 [::]:7");
    }

    #[tokio::test]
    async fn endpoints_that_have_an_address_together_share_its_socket() {
        // Nobody else is given the port while this is there, and it doesn't listen.
        let reserved = TcpSocket::new_v4().unwrap();
        reserved.set_reuseaddr(true).unwrap();
        reserved.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = reserved.local_addr().unwrap().port();
        let typed = ["127.0.0.1", "127.0.0.1", "localhost"];
        let endpoints: [Endpoint; 3] = typed.map(|host| format!("{host}:{port}").parse().unwrap());
        let listeners = listen_on(&endpoints.each_ref()).await.unwrap();
        let own = listeners.iter().flatten();
        let own = own.map(|listener| listener.local_addr().unwrap());
        let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
        assert_eq!(own.filter(|own| *own == address).count(), 1);
    }

    #[test]
    fn addresses_collide_where_one_would_take_what_comes_to_the_other() {
        for (one, other, collides) in [
            ("127.0.0.1:7", "127.0.0.1:7", true),
            ("127.0.0.1:7", "127.0.0.1:8", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
            ("0.0.0.0:7", "127.0.0.1:7", true),
            ("127.0.0.1:7", "0.0.0.0:7", true),
            ("127.0.0.1:7", "127.0.0.2:7", false),
            ("[::]:7", "[::1]:7", true),
            ("[::1]:7", "127.0.0.1:7", false),
            ("localhost:7", "localhost:7", true),
            ("localhost:7", "localhost:8", false),
        ] {
            let [one, other] = [one, other].map(|typed| typed.parse().unwrap());
            assert_eq!(collide(&one, &other), collides, "{one} {other}");
        }
    }
}
