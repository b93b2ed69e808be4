//! WASI 0.2 with nothing granted: its clocks and its randomness work, stdout and stderr go to the log. A program has its
//! standard input and output, its arguments and its environment besides.

use super::host_calls::HostCalls;
use super::import::{Import, Importer, Setup};
use super::poll::{self, WASI_OBJECTS};
use super::program_streams::{Stdin, Stdout};
use super::standard::Standard;
use super::virtual_sleep;
use crate::evaluation::Evaluation;
use crate::laboratory::{Laboratory, World};
use crate::plugin_log::{Level, PluginLog};
use crate::stdio::Stdio;
use std::sync::Arc;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView};

/// Random bytes that one call of WASI may ask for, since the host allocates them. More traps.
/// Test: `hostile_plugins::wasi::a_plugin_that_asks_for_a_gigabyte_of_randomness_is_cut`.
const WASI_RANDOM: u64 = 64 * 1024;

/// WASI for one instance. It is built at the first call, since few plugins use it.
pub(crate) struct WasiState {
    log: Arc<PluginLog>,
    laboratory: Option<Laboratory>,
    evaluation: Option<Arc<Evaluation>>,
    /// What a program has of the world.
    stdio: Option<Stdio>,
    /// Made when it is first written to.
    stderr: Option<Standard>,
    built: Option<Box<Built>>,
}

struct Built {
    context: WasiCtx,
    table: ResourceTable,
}

impl WasiState {
    fn new(
        log: Arc<PluginLog>,
        laboratory: Option<Laboratory>,
        evaluation: Option<Arc<Evaluation>>,
        stdio: Option<Stdio>,
    ) -> Self {
        Self {
            log,
            laboratory,
            evaluation,
            stdio,
            stderr: None,
            built: None,
        }
    }

    /// What a program has of the world. `None` for a plugin, and for a program that is only tried out.
    pub(crate) fn stdio(&self) -> Option<&Stdio> {
        self.stdio.as_ref()
    }

    /// Standard error, which is the log.
    pub(crate) fn stderr(&mut self) -> &Standard {
        let log = &self.log;
        self.stderr
            .get_or_insert_with(|| Standard::new(log, Level::Warn))
    }

    /// The laboratory that the instance is judged in, if any.
    pub(crate) fn laboratory(&self) -> Option<&Laboratory> {
        self.laboratory.as_ref()
    }

    /// Whether the instance holds no WASI object. A handle to one means nothing in another instance.
    pub(crate) fn is_empty(&self) -> bool {
        let built = self.built.as_ref();
        built.is_none_or(|built| built.table.is_empty())
    }

    /// The context and the table that wasmtime-wasi works on.
    pub(crate) fn view(&mut self) -> WasiCtxView<'_> {
        let built = match self.built.take() {
            Some(built) => built,
            None => self.build(),
        };
        let built = self.built.insert(built);
        WasiCtxView {
            ctx: &mut built.context,
            table: &mut built.table,
        }
    }

    fn build(&mut self) -> Box<Built> {
        let stderr = self.stderr().clone();
        let mut table = ResourceTable::new();
        table.set_max_capacity(WASI_OBJECTS);
        let mut context = WasiCtx::builder();
        context
            .stdout(Standard::new(&self.log, Level::Info))
            .stderr(stderr)
            .max_random_size(WASI_RANDOM)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        if let Some(stdio) = &self.stdio {
            context
                .stdin(Stdin(stdio.pipes.clone()))
                .stdout(Stdout(stdio.pipes.clone()))
                .args(&stdio.arguments)
                .envs(&stdio.environment);
        }
        if let Some(laboratory) = &self.laboratory {
            laboratory.furnish(&mut context);
        } else if let Some(evaluation) = &self.evaluation {
            evaluation.furnish(&mut context);
        }
        let context = context.build();
        Box::new(Built { context, table })
    }
}

/// The import of WASI.
pub(crate) struct Wasi;

impl Import for Wasi {
    const NAME: &str = "WASI 0.2 with nothing granted";
    const TO: Importer = Importer::Client;
    type State = WasiState;

    fn has(name: &str) -> bool {
        const PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];
        let parts = name.split_once('@').and_then(|(interface, version)| {
            let path = interface.strip_prefix("wasi:")?;
            Some((path.split('/').next().unwrap_or_default(), version))
        });
        parts.is_some_and(|(package, version)| {
            PACKAGES.contains(&package) && (version == "0.2" || version.starts_with("0.2."))
        })
    }

    fn state(setup: &Setup<'_>) -> WasiState {
        let (log, evaluation) = (setup.log.clone(), setup.evaluation.clone());
        let (laboratory, stdio) = (setup.laboratory.cloned(), setup.stdio.cloned());
        WasiState::new(log, laboratory, evaluation, stdio)
    }

    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        own: fn(&mut T) -> &mut WasiState,
        world: World,
    ) -> wasmtime::Result<()> {
        wasmtime_wasi::p2::add_to_linker_async(linker)?;
        // The definitions below replace wasmtime-wasi's.
        linker.allow_shadowing(true);
        poll::link(linker)?;
        if world == World::Laboratory {
            virtual_sleep::link(linker, move |state| {
                let wasi = own(state);
                let pipes = wasi.stdio.as_ref().map(|stdio| stdio.pipes.clone());
                (wasi.laboratory.clone().unwrap_or_default(), pipes)
            })?;
        }
        linker.allow_shadowing(false);
        Ok(())
    }
}
