//! wasmtime as its makers mean it for servers of WASI 0.2: the plugin owns the sockets.
//!
//! The component is the one in `sockets/`. It serves every connection in one instance, where eco makes
//! an instance for each. Nothing bounds its time or memory.

use std::path::Path;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

struct State {
    wasi: WasiCtx,
    resources: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.resources,
        }
    }
}

/// Serves 127.0.0.1:`port` until the process is killed.
pub(crate) fn run(component: &Path, port: u16) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // tokio's budget of a task has to be off: where 128 sockets are ready at once, `poll` uses it up,
    // every call after it finds nothing, and the instance spins for ever. And as a task without a
    // budget keeps its worker thread from everything else, this one runs here, beside the workers.
    runtime.block_on(tokio::task::unconstrained(serve(component, port)))
}

async fn serve(component: &Path, port: u16) -> anyhow::Result<()> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, component)?;
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    let wasi = WasiCtx::builder()
        .allow_tcp(true)
        .inherit_network()
        .env("ECHO_PORT", port.to_string())
        .build();
    let resources = ResourceTable::new();
    let mut store = Store::new(&engine, State { wasi, resources });
    let command = Command::instantiate_async(&mut store, &component, &linker).await?;
    let ended = command.wasi_cli_run().call_run(&mut store).await?;
    ended.map_err(|()| anyhow::anyhow!("the component can't listen on port {port}"))
}
