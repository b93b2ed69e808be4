//! Where the plugin of a service runs: an engine with its budgets, and the state that its connections share.

use super::args::SnapshotArg;
use super::service_config::{ServiceConfig, StateConfig};
use crate::arguments::budgets::Running;
use crate::arguments::flag_table::values;
use crate::arguments::limits::Shared;
use crate::exit::{Exit, Failure};
use crate::plugin::PluginArg;
use crate::plugin::compiler;
use crate::plugin::snapshot_wait::wait_for;
use crate::state::args::{not_there, tell_namespace};
use anyhow::Context as _;
use eco_capture::{Capture, ServerCapture};
use eco_limits::Value;
use eco_plugin::{Engine, EngineBuilder, EngineFigures, ServerPlugin, Shares};
use eco_state::{Location, SharedState};

/// An engine and a state, with the settings that they were made for. Clones are the same.
#[derive(Clone)]
pub(super) struct Sandbox {
    engine: Engine,
    pub(super) state: SharedState,
    /// Those of all engines that the service has had.
    pub(super) figures: EngineFigures,
    /// Where what goes through the connections is kept, with `--admin`.
    pub(super) capture: Option<ServerCapture>,
    of_engine: EngineSettings,
    of_state: StateSettings,
}

/// What decides on an engine.
#[derive(Clone, PartialEq)]
struct EngineSettings {
    budgets: Vec<Value>,
    takes_snapshots: bool,
    connections: usize,
}

/// What decides on a state.
#[derive(Clone, PartialEq)]
struct StateSettings {
    location: Location,
    namespace: String,
    limits: Vec<Value>,
}

impl Sandbox {
    /// Makes one for these settings. Where there is a `capture`, it counts calls too. It takes the state of the one before
    /// where that is the same, and all of it where nothing differs.
    ///
    /// # Errors
    /// The state can't be opened, or the machine has too little for the engine.
    pub(super) async fn open(
        config: &ServiceConfig,
        shares: &Shares,
        before: Option<&Self>,
        capture: Option<&Capture>,
    ) -> Result<Self, Failure> {
        let (of_engine, of_state) = (EngineSettings::of(config), StateSettings::of(&config.state));
        let state = before.filter(|before| before.of_state == of_state);
        if let Some(same) = state.filter(|before| before.of_engine.serve_for(&of_engine)) {
            return Ok(same.clone());
        }
        let in_same_file = |before: &Self| {
            let location = &before.of_state.location;
            *location == of_state.location && matches!(location, Location::File(_))
        };
        let state = match state {
            Some(before) => before.state.clone(),
            // One server has the file at a time, and open connections have that one.
            None if before.is_some_and(in_same_file) => {
                return Err(Exit::Usage.saying(
                    "a store in a file has the namespace and the limits with which eco was started",
                ));
            }
            None => open_state(&config.state).await?,
        };
        let (figures, capture) = match (before, capture) {
            (Some(before), _) => (before.figures.clone(), before.capture.clone()),
            (None, Some(capture)) => (EngineFigures::with_calls(), Some(capture.server())),
            (None, None) => (EngineFigures::default(), None),
        };
        let engine = engine(config, shares, Some(state.clone())).counting_in(&figures);
        let engine = match &capture {
            Some(capture) => capture.observe_engine(engine),
            None => engine,
        };
        Ok(Self {
            engine: build(engine)?,
            state,
            figures,
            capture,
            of_engine,
            of_state,
        })
    }

    /// Loads the plugin as it is now. With `--snapshot first` it waits for the snapshot too.
    ///
    /// # Errors
    /// The plugin can't be used.
    pub(super) async fn load(&self, config: &ServiceConfig) -> Result<ServerPlugin, Failure> {
        load(&config.plugin, &self.engine, config.snapshot).await
    }

    /// Whether both run plugins in the same engine, and with the same state.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.of_engine == other.of_engine && self.of_state == other.of_state
    }
}

/// Loads the plugin of a service as it would be loaded to serve. It opens no state.
///
/// # Errors
/// The plugin can't be used, or the machine has too little for the engine.
pub(crate) async fn try_out(
    config: &ServiceConfig,
    shares: &Shares,
) -> Result<ServerPlugin, Failure> {
    let engine = build(engine(config, shares, None))?;
    load(&config.plugin, &engine, SnapshotArg::Never).await
}

async fn load(
    plugin: &PluginArg,
    engine: &Engine,
    snapshot: SnapshotArg,
) -> Result<ServerPlugin, Failure> {
    let plugin = plugin.load_server(engine).await?;
    if snapshot == SnapshotArg::First {
        wait_for(plugin.settled()).await;
    }
    Ok(plugin)
}

fn engine(config: &ServiceConfig, shares: &Shares, state: Option<SharedState>) -> EngineBuilder {
    let mut engine = compiler::engine(config.budgets.clone())
        .pooled(config.limits.max_connections)
        .sharing(shares);
    // Nobody starts from the snapshot of a plugin that is only tried out.
    if config.snapshot == SnapshotArg::Never || state.is_none() {
        engine = engine.without_snapshots();
    }
    if let Some(state) = state {
        engine = engine.state(state);
    }
    engine
}

fn build(engine: EngineBuilder) -> Result<Engine, Failure> {
    Ok(engine.build().context(
        "cannot set up the sandbox (a smaller --max-connections, --memory or --table may help)",
    )?)
}

/// Opens the shared state. A random prefix makes the ids of connections unique among all servers.
async fn open_state(config: &StateConfig) -> Result<SharedState, Failure> {
    let StateConfig {
        location,
        namespace,
        limits,
    } = config;
    let unique = getrandom::u64().context("the system has no random bytes")?;
    let host = format!("{unique:016x}-");
    let state = SharedState::open(location, namespace, limits.clone(), &host).await;
    let state = state.map_err(not_there)?;
    tell_namespace(&state, location, namespace).await;
    Ok(state)
}

impl EngineSettings {
    fn of(config: &ServiceConfig) -> Self {
        Self {
            budgets: values::<Running>(&config.budgets),
            takes_snapshots: config.snapshot != SnapshotArg::Never,
            connections: config.limits.max_connections,
        }
    }

    /// Whether an engine with these settings serves for the others: it may have room for more connections.
    fn serve_for(&self, others: &Self) -> bool {
        let connections = others.connections.max(self.connections);
        let others = Self {
            connections,
            ..others.clone()
        };
        *self == others
    }
}

impl StateSettings {
    fn of(config: &StateConfig) -> Self {
        Self {
            location: config.location.clone(),
            namespace: config.namespace.clone(),
            limits: values::<Shared>(&config.limits),
        }
    }
}
