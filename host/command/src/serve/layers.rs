//! What a server has over its sockets, from the lowest layer up.

use eco_net::{BoundListener, Listener, MappedListener, Stream, TrustedProxies};

/// The layers of all listeners. By default there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerLayers {
    /// Proxies that say whose their connections are.
    pub(super) proxies: Option<TrustedProxies>,
}

impl ServerLayers {
    /// The listener, with the layers over its connections.
    pub(super) fn over(
        &self,
        listener: BoundListener,
    ) -> impl Listener<Transport = Stream> + use<> {
        let Self { proxies } = self.clone();
        MappedListener::new(listener, move |mut accepted| {
            if let Some(proxies) = &proxies {
                accepted = proxies.over(accepted);
            }
            accepted
        })
    }
}
