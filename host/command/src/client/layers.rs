//! What a client has over its connections, from the lowest layer up.

use crate::arguments::proxy_protocol::HeaderArgs;
use crate::arguments::tls::ClientTlsArgs;
use crate::exit::Failure;
use eco_net::{ConnectAddress, Layers};

/// The layers that were asked for, of connections to `to`.
///
/// # Errors
/// Those of [`ClientTlsArgs::over`].
pub(crate) fn layers(
    header: HeaderArgs,
    tls: &ClientTlsArgs,
    to: &ConnectAddress,
) -> Result<Layers, Failure> {
    let mut layers = Layers::default();
    if let Some(version) = header.proxy_protocol {
        layers = layers.with(version);
    }
    tls.over(layers, to)
}
