//! The flags of the PROXY protocol: whom a server believes, and what a client sends.

use eco_net::{ProxyProtocol, TrustedProxies};

/// The flag of a server.
#[derive(Debug, clap::Args)]
pub(crate) struct TrustArgs {
    /// Proxies whose PROXY header (v1 or v2) says who the client is, such as 10.0.0.0/8,fd00::/8,192.0.2.7,unix; without a header they are refused
    #[arg(long, value_name = "NETWORK,...")]
    pub(crate) proxy_protocol: Option<TrustedProxies>,
}

/// The flag of a client.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct HeaderArgs {
    /// Begin each connection with a PROXY header of this version, v1 or v2, as a proxy does
    #[arg(long, value_name = "VERSION")]
    pub(crate) proxy_protocol: Option<ProxyProtocol>,
}
