//! What there is over the sockets of a service.

use eco_net::{Accepted, Stream, TrustedProxies};
use eco_tls::TlsServer;

/// The layers of each connection.
#[derive(Clone, Default)]
pub(super) struct Layers {
    /// Proxies that say whose their connections are.
    pub(super) proxies: Option<TrustedProxies>,
    pub(super) tls: Option<TlsServer>,
}

impl Layers {
    /// The connection with them, from the lowest one up: a line for each.
    pub(super) fn over(&self, mut accepted: Accepted<Stream>) -> Accepted<Stream> {
        if let Some(proxies) = &self.proxies {
            accepted = proxies.over(accepted);
        }
        if let Some(tls) = &self.tls {
            accepted = accepted.map(|stream| tls.layer(stream));
        }
        accepted
    }
}
