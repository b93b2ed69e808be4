//! The server of a load.

use eco_net::UnixAddress;
use std::fmt;
use std::net::SocketAddr;

/// The server of a load.
#[derive(Clone, Debug)]
pub enum Target {
    /// Its addresses, in the order in which they are tried.
    Tcp(Vec<SocketAddr>),
    /// A Unix socket.
    Unix(UnixAddress),
}

impl fmt::Display for Target {
    /// The first address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(addresses) => addresses.first().map_or(Ok(()), |first| first.fmt(f)),
            Self::Unix(name) => name.fmt(f),
        }
    }
}
