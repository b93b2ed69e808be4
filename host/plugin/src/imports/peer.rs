//! What is known of the peer beside its address: `wit/peer.wit`.

use super::host_calls::HostCalls;
use super::import::{Import, Importer, Setup};
use super::peer_details::PeerDetails;
use crate::laboratory::World;
use std::sync::Arc;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

/// The import `peer`.
pub(crate) struct Peer;

impl Import for Peer {
    const NAME: &str = "eco:plugin/peer@0.1.0";
    const TO: Importer = Importer::Server;
    /// `None` where nothing is known.
    type State = Option<Arc<PeerDetails>>;

    fn state(setup: &Setup<'_>) -> Option<Arc<PeerDetails>> {
        setup.peer_details.cloned()
    }

    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        own: fn(&mut T) -> &mut Option<Arc<PeerDetails>>,
        _: World,
    ) -> wasmtime::Result<()> {
        linker.instance(Self::NAME)?.func_wrap(
            "details",
            move |mut store: StoreContextMut<'_, T>, (): ()| {
                store.data_mut().count_host_call();
                Ok((own(store.data_mut()).clone().unwrap_or_default(),))
            },
        )
    }
}
