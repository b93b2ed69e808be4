//! A header, whichever version it is written in, and what may be wrong with one.

use eco_contract::TlsDetails;
use std::net::SocketAddr;

/// The most bytes of the line of version 1, with its end: what the specification gives as the worst case. A longer
/// one is refused, and no byte beyond is looked at.
/// Test: `proxy_protocol::what_is_wrong_with_a_header_is_said_and_nobody_else_notices`.
pub(super) const LONGEST_LINE: usize = 107;

/// The most bytes of addresses and TLVs in version 2. Addresses take 216 at most, and what HAProxy adds
/// about TLS some hundreds more, with a client's certificate some thousands. More is refused before it is waited for.
/// Test: `proxy_protocol::what_is_wrong_with_a_header_is_said_and_nobody_else_notices`.
pub(super) const LONGEST_BLOCK: usize = 4096;

/// The most bytes of a text in a TLV. Names of hosts and of protocols have no more, and the common name of
/// a certificate has 64 (RFC 5280). A header with a longer one is refused: what is cut off might be another's name.
/// Test: `proxy_protocol::tlv::a_text_that_is_none_is_refused`.
pub(super) const LONGEST_TEXT: usize = 255;

/// A header of the PROXY protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyHeader {
    /// The ends of the connection that the proxy passes on. `None`: the connection is the proxy's own, as for its health
    /// checks (`LOCAL`), or the proxy doesn't tell whose it is (`UNKNOWN`, `UNSPEC`, and datagrams).
    pub addresses: Option<ProxyAddresses>,
    /// What TLS agreed on between the client and the proxy, as far as that tells.
    pub tls: Option<TlsDetails>,
}

/// The ends of a connection that a proxy passes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyAddresses {
    /// It came over TCP.
    Tcp {
        /// The client's end.
        source: SocketAddr,
        /// The end that it connected to.
        destination: SocketAddr,
    },
    /// It came over a Unix socket. The names are written as a listener writes them: `unix:/run/eco.sock`, or `unix:` for
    /// a socket without a name.
    Unix {
        /// The client's end, which hardly ever has a name.
        source: String,
        /// The end that it connected to.
        destination: String,
    },
}

/// What is wrong with the bytes that stand where a header is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyHeaderError {
    /// Something else begins here. The text says what, escaped.
    #[error("a PROXY header was expected, and {0} came")]
    Other(String),
    /// The line of version 1 is too long.
    #[error(
        "the line of version 1 has no end (CR LF) within {} bytes",
        LONGEST_LINE
    )]
    LineWithoutEnd,
    /// The line of version 1 is not as it has to be.
    #[error("the line of version 1 is wrong: {0}")]
    Line(&'static str),
    /// The signature is that of version 2, and the version isn't.
    #[error("the version is {0}, and 2 was expected")]
    Version(u8),
    /// Version 2 has no such command.
    #[error("version 2 has no command {0}, only 0 (LOCAL) and 1 (PROXY)")]
    Command(u8),
    /// Version 2 has no such family of addresses, or no such protocol.
    #[error("version 2 has no family and protocol {0:#04x}")]
    Family(u8),
    /// The header announces more than is read.
    #[error("version 2 announces {0} bytes, and at most {most} are read", most = LONGEST_BLOCK)]
    TooLong(usize),
    /// The length leaves no room for the addresses.
    #[error(
        "version 2 announces {length} bytes, which are too few for addresses of the family {family:#04x}"
    )]
    TooShort {
        /// The family and the protocol.
        family: u8,
        /// The length that was announced.
        length: usize,
    },
    /// A TLV has another length than it says, or one that leaves no room for its fields.
    #[error("the TLV {0:#04x} of version 2 has a wrong length")]
    TlvLength(u8),
    /// A TLV that is a text is none.
    #[error("the TLV {0:#04x} of version 2 is no text of UTF-8 with at most {most} bytes", most = LONGEST_TEXT)]
    TlvText(u8),
    /// The connection ended first, after so many bytes.
    #[error("the connection ended after {0} bytes, before the PROXY header was through")]
    Ended(usize),
}
