//! The log: `wit/log.wit`.

use super::host_calls::HostCalls;
use super::import::{Import, Importer, Setup};
use crate::laboratory::World;
use crate::plugin_log::{Level, PluginLog};
use std::sync::Arc;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, WasmStr};

/// The import `log`.
pub(crate) struct Log;

impl Import for Log {
    const NAME: &str = "eco:plugin/log@0.1.0";
    const TO: Importer = Importer::Client;
    type State = Arc<PluginLog>;

    fn state(setup: &Setup<'_>) -> Arc<PluginLog> {
        setup.log.clone()
    }

    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        own: fn(&mut T) -> &mut Arc<PluginLog>,
        _: World,
    ) -> wasmtime::Result<()> {
        linker.instance(Self::NAME)?.func_wrap(
            "log",
            move |mut store: StoreContextMut<'_, T>, (level, message): (Level, WasmStr)| {
                store.data_mut().count_host_call();
                let log = own(store.data_mut()).clone();
                let text = message.to_str(&store)?;
                Ok(log.line(level, text.as_bytes())?)
            },
        )
    }
}
