//! What a client has over its connections, from the lowest layer up.

use crate::arguments::proxy_protocol::HeaderArgs;
use eco_net::Layers;

/// The layers that were asked for.
pub(crate) fn layers(header: HeaderArgs) -> Layers {
    let mut layers = Layers::default();
    if let Some(version) = header.proxy_protocol {
        layers = layers.with(version);
    }
    layers
}
