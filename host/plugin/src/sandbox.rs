//! The sandbox around one instance: what it may have, and what it may call.
//!
//! It owns memory and table limits and the imports. It knows nothing of what the plugin exports.

use super::budget::{Budget, Budgets};
use super::engine::{PARTS, Shared, World};
use super::error::Error;
use super::guard::Meter;
use super::lab::{self, Lab};
use super::lately::Lately;
use super::loaded::Loaded;
use super::log::{Level, PluginLog, Standard};
use super::script::Script;
use chacha20::ChaCha8Rng;
use eco_contract::Effort;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};
use wasmtime::component::{ComponentType, Linker, Lower, ResourceTable, WasmStr};
use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// WASI objects (streams, pollables and their like) that one instance may hold at once. One more
/// traps. Test: `hostile::a_plugin_that_hoards_wasi_objects_is_cut`.
pub(super) const WASI_OBJECTS: usize = 256;
/// Handles that one instance may hold at once, to WASI objects and to resources of its own. One more
/// traps. Test: `bounds::a_plugin_that_hoards_handles_is_cut`.
pub(super) const HANDLES: usize = 1024;
/// Bytes that a WASI object and a handle take of the host, about.
const WASI_OBJECT: usize = 256;
const HANDLE: usize = 32;
/// Bytes that an element of a table takes.
const ELEMENT: usize = size_of::<usize>();
/// Random bytes that one call of WASI may ask for, since the host allocates them. More traps.
/// Test: `hostile::a_plugin_that_asks_for_a_gigabyte_of_randomness_is_cut`.
const WASI_RANDOM: u64 = 64 * 1024;

/// The part of its fuel that a script's interpreter has for stopping the script and saying where it was.
/// Test: `feedback::a_plugin_that_can_not_be_loaded_is_no_failed_case`.
const LAST_FUEL: u64 = 64;

/// What a script's interpreter imports; nothing else may.
pub(super) const SCRIPT: &str = "eco:plugin/script@0.1.0";

/// `source` of `wit/script.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct ScriptSource {
    pub(super) name: Arc<str>,
    pub(super) text: Arc<str>,
}

/// What the host keeps for one instance.
pub(super) struct State {
    pub(super) engine: Arc<Shared>,
    pub(super) meter: Meter,
    log: Arc<PluginLog>,
    script: Option<Arc<Script>>,
    pub(super) lab: Option<Lab>,
    randomness: Option<Box<ChaCha8Rng>>,
    /// Fuel that calls of the host have cost, in a laboratory.
    host_fuel: u64,
    /// The budget that the running call of a script has used up, while its interpreter may still say where.
    spent: Option<Budget>,
    memory: usize,
    table: usize,
    /// Bytes of all that counts together with other instances.
    held: usize,
    wasi: Option<Box<Wasi>>,
}

struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl State {
    pub(super) fn new(plugin: &Loaded, connection: u64, effort: Effort, lab: Option<Lab>) -> Self {
        let engine = &plugin.engine;
        // Nobody looks at what an instance says while it is tried out.
        let lab = match engine.world {
            World::Real => None,
            World::Laboratory => Some(lab.unwrap_or_default()),
        };
        Self {
            engine: engine.clone(),
            meter: Meter::new(effort, plugin.spent.clone()),
            log: PluginLog::new(connection, &engine.budgets, lab.clone()),
            script: plugin.script.clone(),
            randomness: lab.as_ref().map(|lab| Box::new(lab.randomness())),
            lab,
            host_fuel: 0,
            spent: None,
            memory: 0,
            table: 0,
            held: 0,
            wasi: None,
        }
    }
}

impl State {
    /// Bytes of memory that the instance has.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Before each call: see [`Meter::start`].
    pub(super) fn start_call(&mut self) -> Option<Lately> {
        self.spent = None;
        self.meter.start()
    }

    /// The error that the plugin returned, if it has the budget left to say it.
    pub(super) fn error(&self, text: String) -> Error {
        if let Some(stopped) = self.stopped(&text) {
            return stopped;
        }
        match self.log.last_words(&text) {
            Ok(()) => Error::Plugin(text),
            Err(broken) => Error::budget(broken, &self.engine.budgets),
        }
    }

    /// The budget that was used up, if its script's interpreter has stopped the script for it and says so
    /// with `text`.
    pub(super) fn stopped(&self, text: &str) -> Option<Error> {
        let (budget, script) = (self.spent?, self.script.as_ref()?);
        Some(Error::Budget {
            budget,
            value: self.engine.budgets.value(budget),
            near: script.line(text),
        })
    }

    /// A call of the host, which costs fuel in a laboratory.
    pub(super) fn count_host_call(&mut self) {
        self.count_host_calls(1);
    }

    /// As many calls, or one that takes as long.
    pub(super) fn count_host_calls(&mut self, calls: u64) {
        if self.lab.is_some() {
            let fuel = lab::HOST_CALL.saturating_mul(calls);
            self.host_fuel = self.host_fuel.saturating_add(fuel);
        }
    }

    /// The fuel that calls of the host have cost.
    pub(super) fn host_fuel(&self) -> u64 {
        self.host_fuel
    }

    /// What the running call does at a tick of the engine's clock.
    pub(super) fn on_tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        if self.host_fuel > self.engine.budgets.fuel {
            return Err(Budget::Fuel.into());
        }
        let tick = self.meter.on_tick(&self.engine.budgets, &self.engine.lane);
        if let (Err(broken), Some(_), None) = (&tick, &self.script, self.spent) {
            // One tick more, in which the interpreter is to stop the script and say where it was.
            self.spent = broken.downcast_ref().copied();
            return Ok(UpdateDeadline::Continue(1));
        }
        tick
    }

    /// Whether the running call of a script has used up its time, or all but the last of its fuel.
    fn is_spent(&mut self, fuel_left: Option<u64>) -> bool {
        let budget = self.engine.budgets.fuel;
        let least = (budget / LAST_FUEL).saturating_add(self.host_fuel);
        if fuel_left.is_some_and(|left| left < least) {
            self.spent = Some(Budget::Fuel);
        }
        self.spent.is_some()
    }

    /// Counts bytes that the host holds for the instance until it ends.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Budget> {
        let in_use = self
            .engine
            .memory_in_use
            .fetch_add(bytes, Ordering::Relaxed);
        self.held += bytes;
        match in_use.saturating_add(bytes) > self.engine.budgets.total_memory {
            true => Err(Budget::TotalMemory),
            false => Ok(()),
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.engine
            .memory_in_use
            .fetch_sub(self.held, Ordering::Relaxed);
    }
}

/// A limit that is broken is a trap, not a failed `memory.grow`: the interpreters that plugins are
/// written in would turn that into an error of their own, which names neither budget nor flag.
impl ResourceLimiter for State {
    /// As many as a pool has room for, so that all engines agree.
    fn instances(&self) -> usize {
        PARTS as usize
    }

    fn memories(&self) -> usize {
        PARTS as usize
    }

    fn tables(&self) -> usize {
        PARTS as usize
    }

    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let budgets = &self.engine.budgets;
        if self.memory.saturating_add(more) > budgets.memory {
            return Err(Budget::Memory.into());
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory += more;
        self.hold(more)?;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let table = self.table.saturating_add(more);
        if table > self.engine.budgets.table {
            return Err(Budget::Table.into());
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.table = table;
        self.hold(more.saturating_mul(ELEMENT))?;
        Ok(true)
    }
}

/// Bytes that the host may hold for an instance beside its memory and its tables, where `own` are
/// for what it is made of. The stack counts as a whole: how much of it was touched nobody tells.
pub(super) fn held(budgets: &Budgets, own: u64) -> usize {
    let own = usize::try_from(own).unwrap_or(usize::MAX);
    let objects = WASI_OBJECTS * WASI_OBJECT + HANDLES * HANDLE;
    budgets.stack.saturating_add(objects).saturating_add(own)
}

/// WASI with nothing granted. Built when it is first called, since few plugins do.
impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.count_host_call();
        let (log, lab) = (&self.log, &self.lab);
        let wasi = self.wasi.get_or_insert_with(|| {
            let mut table = ResourceTable::new();
            table.set_max_capacity(WASI_OBJECTS);
            let mut context = WasiCtx::builder();
            context
                .stdout(Standard::new(log, Level::Info))
                .stderr(Standard::new(log, Level::Warn))
                .max_random_size(WASI_RANDOM)
                .allow_tcp(false)
                .allow_udp(false)
                .allow_ip_name_lookup(false);
            if let Some(lab) = lab {
                lab.furnish(&mut context);
            }
            let context = context.build();
            Box::new(Wasi { context, table })
        });
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut wasi.table,
        }
    }
}

/// Whether the import `name` is one that eco offers.
pub(super) fn is_offered(name: &str) -> bool {
    const WASI: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];
    let Some((interface, version)) = name.split_once('@') else {
        return false;
    };
    match interface.split_once(':') {
        Some(("eco", "plugin/log")) => version == "0.1.0",
        Some(("wasi", path)) => {
            let package = path.split('/').next().unwrap_or_default();
            WASI.contains(&package) && (version == "0.2" || version.starts_with("0.2."))
        }
        _ => false,
    }
}

/// The imports for a plugin. Those of WASI are left out where it needs none: to define them takes
/// longer than to compile the built-in echo.
pub(super) fn linker(engine: &wasmtime::Engine, wasi: bool) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    if wasi {
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    }
    linker.instance("eco:plugin/log@0.1.0")?.func_wrap(
        "log",
        |mut store: StoreContextMut<'_, State>, (level, message): (Level, WasmStr)| {
            store.data_mut().count_host_call();
            let text = message.to_str(&store)?;
            Ok(store.data().log.line(level, text.as_bytes())?)
        },
    )?;
    Ok(linker)
}

/// The imports for an interpreter, beside those of any plugin.
pub(super) fn link_script(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut imports = linker.instance(SCRIPT)?;
    imports.func_wrap("read", |store: StoreContextMut<'_, State>, (): ()| {
        let script = store.data().script.as_ref();
        let script = script.ok_or_else(|| wasmtime::format_err!("there is no script"))?;
        let (name, text) = (script.name.clone(), script.text.clone());
        Ok((ScriptSource { name, text },))
    })?;
    imports.func_wrap("spent", |mut store: StoreContextMut<'_, State>, (): ()| {
        let fuel_left = store.get_fuel().ok();
        Ok((store.data_mut().is_spent(fuel_left),))
    })?;
    imports.func_wrap("now", |mut store: StoreContextMut<'_, State>, (): ()| {
        store.data_mut().count_host_call();
        let now = match &store.data().lab {
            Some(lab) => lab.now(),
            // A clock before 1970 is not set.
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        };
        let nanoseconds = now.as_nanos();
        Ok((u64::try_from(nanoseconds).unwrap_or(u64::MAX),))
    })?;
    imports.func_wrap("random", |mut store: StoreContextMut<'_, State>, (): ()| {
        store.data_mut().count_host_call();
        match &mut store.data_mut().randomness {
            Some(randomness) => Ok((lab::next(randomness),)),
            None => Ok((getrandom::u64()?,)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::is_offered;

    #[test]
    fn only_the_log_and_wasi_0_2_are_offered() {
        for name in [
            "eco:plugin/log@0.1.0",
            "wasi:cli/stdout@0.2.0",
            "wasi:io/poll@0.2.12",
        ] {
            assert!(is_offered(name), "{name}");
        }
        for name in [
            "wasi:http/types@0.2.0",
            "wasi:cli/stdout@0.3.0",
            "wasi:clix/a@0.2.0",
            "log",
            "env",
        ] {
            assert!(!is_offered(name), "{name}");
        }
    }
}
