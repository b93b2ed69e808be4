//! What there is over the sockets of a service.

use super::sockets::SocketKey;
use eco_net::{Accepted, LocalAddress, Stream, TrustedProxies};
use eco_tls::TlsServer;
use eco_websocket::{Rules, WebSocket};
use std::sync::Arc;

/// The layers of each connection.
#[derive(Clone)]
pub(super) struct Layers {
    /// Proxies that say whose their connections are.
    pub(super) proxies: Option<TrustedProxies>,
    pub(super) tls: Option<TlsServer>,
    /// The addresses that take WebSockets, with what is asked of those who come there.
    pub(super) websockets: Vec<(SocketKey, Arc<Rules>)>,
}

impl Layers {
    /// What is asked of those who come to this address, if it takes WebSockets.
    pub(super) fn websocket(&self, key: &SocketKey) -> Option<&Arc<Rules>> {
        let found = self.websockets.iter().find(|(known, _)| known == key);
        found.map(|(_, rules)| rules)
    }

    /// The connection of this address with them, from the lowest one up: a line for each.
    pub(super) fn over(&self, key: &SocketKey, mut accepted: Accepted<Stream>) -> Accepted<Stream> {
        if let Some(proxies) = &self.proxies {
            accepted = proxies.over(accepted);
        }
        if let Some(tls) = &self.tls {
            accepted = accepted.map(|stream| tls.layer(stream));
        }
        if let Some(rules) = self.websocket(key) {
            let websocket = |stream| WebSocket::new(stream, rules.clone());
            accepted = accepted.map(|stream| Stream::layered(websocket(stream)));
        }
        accepted
    }

    /// Where a listener of this address can be reached, as a client is told.
    pub(super) fn url(&self, key: &SocketKey, address: &LocalAddress) -> String {
        match (self.websocket(key), address) {
            (None, _) => address.to_string(),
            (Some(rules), LocalAddress::Tcp(address)) => {
                let scheme = self.tls.as_ref().map_or("ws", |_| "wss");
                let path = rules.path.as_deref().unwrap_or_default();
                format!("{scheme}://{address}{path}")
            }
            (Some(_), other) => format!("ws:{other}"),
        }
    }
}
