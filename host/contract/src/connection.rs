//! A connection as a plugin and the log know it, and why it ended.

use std::fmt;

/// One connection, as a plugin and the log know it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Counts the connections of one server, from 1.
    pub id: u64,
    /// The other end, as its transport writes it: `192.168.1.7:50344` for TCP, `uid:1000` for a
    /// Unix socket.
    pub peer: String,
    /// This end.
    pub local: String,
    /// The peer at the other end. `None`: an unknown one.
    pub origin: Option<Origin>,
    /// What the transport tells of the peer beside that. `None`: nothing, as for TCP.
    pub details: Option<Box<PeerDetails>>,
}

/// What a transport tells of a peer beside its address. All texts are a stranger's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerDetails {
    /// The user at the other end of a Unix socket, by the number that the system has for it.
    pub user: Option<u32>,
    /// What TLS agreed on, if the peer speaks it: to this program, or to the proxy in front of it.
    pub tls: Option<TlsDetails>,
    /// The address of the proxy that the connection came through, if it said whose it is.
    pub proxy: Option<String>,
}

/// What TLS agreed on with a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsDetails {
    /// The version, such as `TLSv1.3`. Empty where a proxy doesn't tell.
    pub version: String,
    /// The name of the server that the peer asked for (RFC 6066, server name indication).
    pub server_name: Option<String>,
    /// The protocol that both agreed on (RFC 7301, ALPN).
    pub protocol: Option<String>,
    /// The peer's certificate, if it was asked for one, has shown one, and that was verified.
    pub certificate: Option<PeerCertificate>,
}

/// A peer's certificate, which somebody whom the server trusts has signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Whom it names: the common name of its subject, or all of the subject where there is none.
    pub subject: String,
    /// SHA-256 of the certificate (DER). `None` where a proxy has seen it, and doesn't tell.
    pub fingerprint: Option<[u8; 32]>,
}

/// The peer at the other end of a connection, as far as its transport tells: a number that all connections of one peer
/// have, and no others. Limits of a peer count by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(pub u128);

/// Why a connection ended, as a session is told. See `reason` in `wit/session.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Both sides have finished sending.
    Ended,
    /// The session asked for it.
    ByPlugin,
    /// The peer, or the network, tore the connection down.
    PeerReset,
    /// Nothing came from the peer, and nothing was written to it, for too long.
    Idle,
    /// The peer took none of a reply for too long.
    Stalled,
    /// The server is shutting down.
    Stopping,
    /// The session itself failed.
    Failed,
}

impl Reason {
    /// The reason in one word, stable: logs and tests use it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::ByPlugin => "by-plugin",
            Self::PeerReset => "peer-reset",
            Self::Idle => "idle",
            Self::Stalled => "stalled",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
