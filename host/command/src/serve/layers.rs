//! What there is over the sockets of a server.

use eco_net::{Accepted, BoundListener, Listener, MappedListener, Stream, TrustedProxies};
use eco_tls::TlsServer;
use std::fmt;

/// The layers of each connection.
#[derive(Clone, Default)]
pub(super) struct Layers {
    /// Proxies that say whose their connections are.
    pub(super) proxies: Option<TrustedProxies>,
    pub(super) tls: Option<TlsServer>,
}

impl Layers {
    /// The listener, whose connections have them.
    pub(super) fn over(
        &self,
        listener: BoundListener,
    ) -> impl Listener<Transport = Stream> + 'static {
        let layers = self.clone();
        MappedListener::new(listener, move |accepted| layers.of(accepted))
    }

    /// The connection with them, from the lowest one up: a line for each.
    fn of(&self, mut accepted: Accepted<Stream>) -> Accepted<Stream> {
        if let Some(proxies) = &self.proxies {
            accepted = proxies.over(accepted);
        }
        if let Some(tls) = &self.tls {
            accepted = accepted.map(|stream| tls.layer(stream));
        }
        accepted
    }
}

/// For the line that says where the server listens.
impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tls {
            Some(_) => f.write_str(", TLS"),
            None => Ok(()),
        }
    }
}
