//! The limits of a server, which a person may set.

use std::time::Duration;

/// The limits of a server. See `eco serve --help`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most that one call is handed, in bytes.
    pub chunk_size: usize,
    /// Connections at the same time. At the cap, accepting waits; nothing is refused.
    pub max_connections: usize,
    /// How long a peer may be silent. `None`: for ever.
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
            idle_timeout: Some(Duration::from_secs(600)),
            write_timeout: Some(Duration::from_secs(30)),
            grace: Duration::from_secs(10),
        }
    }
}
