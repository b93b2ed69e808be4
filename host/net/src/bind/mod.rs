//! Listening on addresses, of TCP and of Unix sockets, and with sockets that were handed over.

mod backlog;
mod error;
mod tcp;
#[cfg(unix)]
mod unix;

use super::activated::ActivatedSockets;
use super::address::Endpoint;
use super::bound_listener::BoundListener;
use super::listen_address::ListenAddress;
pub use error::BindError;
use std::io;

/// Listens on all of these addresses, and takes those of `activated` that they name: the listeners of each address. A
/// name is listened on at every address that it has, such as `localhost` with `127.0.0.1` and `::1`. Those that this
/// machine doesn't have are passed over if the name has another.
///
/// A TCP address that another includes gets no socket of its own: one that is there twice, and one within a wildcard
/// (`0.0.0.0:7` has `127.0.0.1:7`, and `[::]:7` has both where the system's IPv6 sockets take IPv4, too). Port 0 is
/// another port each time. The system holds up to 4096 connections of each that were not accepted yet.
///
/// The file of a Unix socket is made. One that is left of a server that is gone is replaced, and one that somebody listens
/// on is not; it is removed with its listener.
///
/// # Cancel safety
/// When the future is dropped, nothing is left listening.
///
/// # Errors
/// See [`BindError`]; nothing is left listening then.
pub async fn bind(
    addresses: &[ListenAddress],
    activated: &mut ActivatedSockets,
) -> Result<Vec<Vec<BoundListener>>, BindError> {
    let endpoints: Vec<&Endpoint> = addresses
        .iter()
        .filter_map(|address| match address {
            ListenAddress::Tcp(endpoint) => Some(endpoint),
            _ => None,
        })
        .collect();
    let mut tcp = tcp::listen_on(&endpoints).await?.into_iter();
    // Those with a name come before the one that takes all others.
    let (named, rest): (Vec<_>, Vec<_>) = addresses
        .iter()
        .enumerate()
        .partition(|(_, address)| **address != ListenAddress::Activated(None));
    let mut listeners: Vec<Vec<BoundListener>> = addresses.iter().map(|_| Vec::new()).collect();
    for (place, address) in named.into_iter().chain(rest) {
        let of_address: io::Result<Vec<BoundListener>> = match address {
            ListenAddress::Tcp(_) => {
                let sockets = tcp.next().unwrap_or_default();
                sockets.into_iter().map(BoundListener::tcp).collect()
            }
            ListenAddress::Unix(name, mode) => listen_on_unix(name, *mode).map(|one| vec![one]),
            ListenAddress::Activated(name) => activated.take(name.as_deref()),
        };
        let of_address = of_address.map_err(|error| BindError {
            address: address.clone(),
            error,
        })?;
        if let Some(listeners) = listeners.get_mut(place) {
            *listeners = of_address;
        }
    }
    Ok(listeners)
}

/// Whether not both of these addresses can be listened on, as far as that can be told without asking for names: both
/// are the same socket, or one includes the other, as [`bind()`] says.
pub fn collide(one: &ListenAddress, other: &ListenAddress) -> bool {
    match (one, other) {
        (ListenAddress::Tcp(one), ListenAddress::Tcp(other)) => tcp::collide(one, other),
        (ListenAddress::Unix(one, _), ListenAddress::Unix(other, _)) => one == other,
        (one, other) => one == other,
    }
}

#[cfg(unix)]
use unix::listen as listen_on_unix;

#[cfg(not(unix))]
fn listen_on_unix(
    _: &super::unix_address::UnixAddress,
    _: Option<super::unix_address::Mode>,
) -> io::Result<BoundListener> {
    Err(io::ErrorKind::Unsupported.into())
}
