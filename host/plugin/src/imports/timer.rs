//! The timer of a connection: `wit/timer.wit`.

use super::host_calls::HostCalls;
use super::import::{Import, Importer, Setup};
use crate::laboratory::World;
use std::time::Duration;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

/// The import `timer`.
pub(crate) struct Timer;

impl Import for Timer {
    const NAME: &str = "eco:plugin/timer@0.1.0";
    const TO: Importer = Importer::Server;
    type State = ();

    fn state(_: &Setup<'_>) {}

    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        _: fn(&mut T) -> &mut (),
        _: World,
    ) -> wasmtime::Result<()> {
        linker.instance(Self::NAME)?.func_wrap(
            "set",
            |mut store: StoreContextMut<'_, T>, (after,): (Option<u64>,)| {
                let state = store.data_mut();
                state.count_host_call();
                let after = after.map(Duration::from_millis);
                state.participation().timer.set(after);
                Ok(())
            },
        )
    }
}
