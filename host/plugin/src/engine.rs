//! The engine: one configured wasmtime for all the plugins of a process, and its clock.
//!
//! It owns what instances share: compiled code, the pool of instances, the total of memory in use,
//! the lane for long calls. It knows nothing of any one plugin. It only runs code: its wasmtime has no
//! compiler (see `compile`).

use super::budget::{Budgets, TICK};
use super::cache::Cache;
use super::compile::{Compiler, Settings, Work};
use super::lane::Lane;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Compiles and runs plugins within their [`Budgets`]. Cheap to clone; clones are the same engine.
#[derive(Clone)]
pub struct Engine(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) wasmtime: wasmtime::Engine,
    pub(super) budgets: Budgets,
    /// Which code it runs.
    pub(super) settings: Settings,
    /// Who makes that.
    pub(super) compiler: Compiler,
    /// Where it is kept.
    pub(super) cache: Option<Arc<Cache>>,
    /// What all instances make the host hold, in bytes, held against `Budgets::total_memory`.
    pub(super) memory_in_use: AtomicUsize,
    pub(super) lane: Lane,
    /// How many plugins it has loaded.
    pub(super) loaded: AtomicU64,
    pub(super) world: World,
}

/// What its instances see of the world outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum World {
    Real,
    /// See [`Lab`](super::Lab).
    Laboratory,
}

/// Stack that the host's own functions may use above the plugin's, when a plugin calls `log` or
/// WASI. Hitting it would be eco's bug, and a guard page would end the process: it is generous,
/// and costs address space only. Test: `hostile::a_plugin_that_floods_the_log_or_recurses_into_the_host_is_cut`.
const HOST_STACK: usize = 512 * 1024;

/// Core instances, memories and tables that one plugin may be made of. Interpreters and adapters
/// come as a handful of modules; more is refused when it is loaded.
/// Test: `loading::what_would_take_gigabytes_to_compile_is_refused`.
pub(super) const PARTS: u32 = 32;

/// Address space that a 32-bit memory gets, so that no access needs a bounds check.
const WHOLE_MEMORY: u64 = 4 << 30;
/// Address space that all memories may reserve together: half of what x86-64 and arm64 processes
/// have. Beyond it memories get just their budget, and accesses are checked.
const ADDRESS_SPACE: u64 = 64 << 40;

/// Bytes of a memory and of a table that stay resident for the next instance in the same slot:
/// clearing them costs less than giving them back to the kernel and faulting them in again.
const KEEP_RESIDENT: usize = 16 * 1024;

impl Engine {
    /// An engine with room for as many instances as there may be connections.
    ///
    /// # Errors
    /// The machine has no address space left for the pool, or a budget is out of what wasmtime can
    /// do.
    pub fn pooled(
        compiler: Compiler,
        budgets: Budgets,
        connections: usize,
    ) -> anyhow::Result<Self> {
        // One more than there are connections: a new version of a plugin is tried out in it.
        let connections = connections.saturating_add(1);
        let pool = |reservation: u64| {
            let settings = Settings {
                reservation: Some(reservation),
                work: Work::Uncounted,
            };
            let mut config = running(settings, &budgets);
            config.allocation_strategy(pool(&budgets, connections, reservation));
            Ok::<_, wasmtime::Error>((wasmtime::Engine::new(&config)?, settings))
        };
        let small = budgets.memory as u64;
        // Lua has a second one, for its exceptions.
        let (wasmtime, settings) =
            if (2 * WHOLE_MEMORY).saturating_mul(connections as u64) > ADDRESS_SPACE {
                pool(small)
            } else {
                // Containers may limit address space below what the processor has.
                pool(WHOLE_MEMORY).or_else(|_| pool(small))
            }?;
        let cache = Cache::of_user();
        Self::start(wasmtime, settings, World::Real, compiler, cache, budgets)
    }

    /// An engine for an instance or two, which takes memory as it needs it.
    ///
    /// # Errors
    /// A budget is out of what wasmtime can do.
    pub fn on_demand(compiler: Compiler, budgets: Budgets) -> anyhow::Result<Self> {
        Self::unpooled(Work::Uncounted, compiler, Cache::of_user(), budgets)
    }

    /// As [`on_demand`](Self::on_demand), and counts the fuel that calls use: a measure of their work
    /// that is the same on every machine, for which they run slower.
    ///
    /// # Errors
    /// A budget is out of what wasmtime can do.
    pub fn metered(compiler: Compiler, budgets: Budgets) -> anyhow::Result<Self> {
        Self::unpooled(Work::Counted, compiler, Cache::of_user(), budgets)
    }

    /// As [`metered`](Self::metered), in surroundings that are the same at every run and on every
    /// machine (see [`Lab`](super::Lab)): what a plugin does there, it does again.
    ///
    /// # Errors
    /// A budget is out of what wasmtime can do.
    pub fn laboratory(compiler: Compiler, budgets: Budgets) -> anyhow::Result<Self> {
        Self::unpooled(Work::Laboratory, compiler, Cache::of_user(), budgets)
    }

    /// As [`on_demand`](Self::on_demand), and compiles anew what was compiled before.
    ///
    /// # Errors
    /// A budget is out of what wasmtime can do.
    pub fn uncached(compiler: Compiler, budgets: Budgets) -> anyhow::Result<Self> {
        Self::unpooled(Work::Uncounted, compiler, None, budgets)
    }

    /// The budgets that its plugins have.
    pub fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }

    fn unpooled(
        work: Work,
        compiler: Compiler,
        cache: Option<Arc<Cache>>,
        budgets: Budgets,
    ) -> anyhow::Result<Self> {
        let settings = Settings {
            reservation: None,
            work,
        };
        let world = match work {
            Work::Uncounted | Work::Counted => World::Real,
            Work::Laboratory => World::Laboratory,
        };
        let wasmtime = wasmtime::Engine::new(&running(settings, &budgets))?;
        Self::start(wasmtime, settings, world, compiler, cache, budgets)
    }

    fn start(
        wasmtime: wasmtime::Engine,
        settings: Settings,
        world: World,
        compiler: Compiler,
        cache: Option<Arc<Cache>>,
        budgets: Budgets,
    ) -> anyhow::Result<Self> {
        start_clock(&wasmtime)?;
        Ok(Self(Arc::new(Shared {
            wasmtime,
            budgets,
            settings,
            compiler,
            cache,
            memory_in_use: AtomicUsize::new(0),
            lane: Lane::for_this_machine(),
            loaded: AtomicU64::new(0),
            world,
        })))
    }
}

/// For running code of these settings within the budgets.
fn running(settings: Settings, budgets: &Budgets) -> Config {
    let mut config = settings.running();
    config.max_wasm_stack(budgets.stack);
    config.async_stack_size(budgets.stack + HOST_STACK);
    config
}

fn pool(budgets: &Budgets, connections: usize, reservation: u64) -> InstanceAllocationStrategy {
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    // Most plugins have one memory; interpreters and adapters bring a few more, which are granted as
    // far as address space goes.
    let affordable = u32::try_from(ADDRESS_SPACE / reservation.max(1)).unwrap_or(u32::MAX);
    let memories = connections
        .saturating_mul(4)
        .min(affordable)
        .max(connections);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(connections)
        .total_core_instances(connections.saturating_mul(PARTS))
        .total_stacks(connections)
        .total_memories(memories)
        .total_tables(memories)
        .total_gc_heaps(connections)
        .max_core_instances_per_component(PARTS)
        .max_memories_per_component(PARTS)
        .max_memories_per_module(PARTS)
        .max_tables_per_component(PARTS)
        .max_tables_per_module(PARTS)
        .max_memory_size(budgets.memory)
        .table_elements(budgets.table)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .async_stack_keep_resident(0);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Ticks until the engine is gone.
fn start_clock(engine: &wasmtime::Engine) -> anyhow::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("eco-clock".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
    Ok(())
}
