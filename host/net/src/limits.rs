//! The limits of a server, which a person may set.

use std::num::NonZeroUsize;
use std::time::Duration;

/// The limits of a server. See `eco serve --help`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most that one call is handed, in bytes.
    pub chunk_size: usize,
    /// Connections at the same time. At the cap, accepting waits; nothing is refused.
    pub max_connections: usize,
    /// Connections of one peer at the same time. One more is reset. `None`: as many as there may be in
    /// all. A peer is an IPv4 address, or the first 64 bits of an IPv6 one.
    pub max_connections_per_peer: Option<NonZeroUsize>,
    /// How long nothing may come from a peer, nor be written to it. `None`: for ever.
    pub idle_timeout: Option<Duration>,
    /// How long a peer may take none of a reply. `None`: for ever.
    pub write_timeout: Option<Duration>,
    /// How long replies in flight may take when the server stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chunk_size: 64 * 1024,
            max_connections: 2048,
            max_connections_per_peer: None,
            idle_timeout: Some(Duration::from_secs(600)),
            write_timeout: Some(Duration::from_secs(30)),
            grace: Duration::from_secs(10),
        }
    }
}
