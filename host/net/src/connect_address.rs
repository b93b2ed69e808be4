//! Where a client connects to, as a person types it.

use super::address::Endpoint;
use super::unix_address::UnixAddress;
use std::fmt;
use std::str::FromStr;

/// Where to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectAddress {
    /// TCP: `127.0.0.1:5005`, `[::1]:5005`, `localhost:5005`.
    Tcp(Endpoint),
    /// A Unix socket: `unix:/run/eco.sock`, `unix:@name`.
    Unix(UnixAddress),
}

impl From<Endpoint> for ConnectAddress {
    fn from(endpoint: Endpoint) -> Self {
        Self::Tcp(endpoint)
    }
}

impl FromStr for ConnectAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(unix) = text.strip_prefix("unix:") {
            return unix.parse().map(Self::Unix);
        }
        text.parse()
            .map(Self::Tcp)
            .map_err(|error: String| format!("{error}; or unix:PATH for a Unix socket"))
    }
}

impl fmt::Display for ConnectAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(endpoint) => endpoint.fmt(f),
            Self::Unix(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_in_every_form() {
        for text in ["127.0.0.1:5005", "localhost:7", "unix:/run/x", "unix:@x"] {
            assert_eq!(ConnectAddress::from_str(text).unwrap().to_string(), text);
        }
        let error = ConnectAddress::from_str("systemd").unwrap_err();
        assert!(error.contains("ADDR:PORT") && error.contains("unix:PATH"));
    }
}
