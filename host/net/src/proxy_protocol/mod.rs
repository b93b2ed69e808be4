//! The PROXY protocol, versions 1 and 2: how a proxy says whose a connection is, in a header before its first byte.
//!
//! It owns the format, who is trusted to send a header, reading one from them, and sending one. The source is HAProxy's
//! `doc/proxy-protocol.txt`, "The PROXY protocol, Versions 1 & 2", of 2020-03-05. `header` is what both versions say,
//! `v1` and `v2` are how they write it, and `tlv` is what version 2 adds about TLS.

mod header;
mod parse;
mod send;
mod tlv;
mod transport;
mod trusted;
mod v1;
mod v2;

pub use header::{ProxyAddresses, ProxyHeader, ProxyHeaderError};
pub use send::ProxyProtocol;
pub use trusted::TrustedProxies;
