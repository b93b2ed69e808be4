//! `eco serve`: serves connections with a plugin, until a signal comes.

mod args;
mod bind_error;
mod certificates;
mod layers;
mod reload;
mod say;
mod service_manager;

pub(crate) use args::ServeArgs;

use crate::arguments::server::ServerArgs;
use crate::exit::{Exit, Failure};
use crate::logging::LogFormat;
use crate::plugin::{PluginArg, compiler};
use crate::signals::{Hangup, Signals};
use crate::state::args::{namespace_of, not_there, tell_namespace};
use crate::{logging, machine};
use anyhow::Context as _;
use args::SnapshotArg;
use eco_limits::Limit as _;
use eco_net::{
    self as net, ActivatedSockets, Arriving, Limit, Limits, ListenAddress, Server, TrustedProxies,
};
use eco_plugin::{BUILT_IN_SERVERS, Budget, Budgets};
use eco_state::{Location, SharedState};
use eco_tls::ServerSettings;
use layers::Layers;
use reload::{Reload, load_version};
use say::say;

/// `eco serve`'s settings, parsed.
pub(crate) struct ServeConfig {
    plugin: PluginArg,
    watch: bool,
    snapshot: SnapshotArg,
    listen: Vec<ListenAddress>,
    proxies: Option<TrustedProxies>,
    tls: Option<ServerSettings>,
    limits: Limits,
    budgets: Budgets,
    shared: eco_state::Limits,
    state: Location,
    namespace: String,
}

impl TryFrom<ServeArgs> for ServeConfig {
    type Error = Failure;

    fn try_from(args: ServeArgs) -> Result<Self, Failure> {
        let mut limits = Limits::default();
        args.limits.set(&mut limits)?;
        let budgets = args.budgets.over(Budgets::server(machine::memory()))?;
        if limits.chunk_size > budgets.reply {
            let chunk = Limit::ChunkSize.get(&limits);
            let reply = Budget::Reply.get(&budgets);
            return Err(Exit::Usage.saying(format!(
                "--chunk-size {chunk} is more than --reply {reply}: a plugin could not even return a whole chunk"
            )));
        }
        let mut shared = eco_state::Limits::default();
        args.shared.limits.set(&mut shared)?;
        let plugin = args.named.unwrap_or(args.plugin);
        let place = &args.shared.state;
        let namespace = place.namespace().map(str::to_owned);
        Ok(Self {
            state: place.location()?,
            namespace: namespace.unwrap_or_else(|| namespace_of(&plugin)),
            plugin: PluginArg::new(plugin, BUILT_IN_SERVERS),
            watch: args.watch,
            snapshot: args.snapshot,
            listen: args.listen,
            proxies: args.trust.proxy_protocol,
            tls: args.tls.settings()?,
            limits: within_descriptors(limits, &args.limits),
            budgets,
            shared,
        })
    }
}

/// These limits, with as many connections as were asked for, or as the descriptors allow.
fn within_descriptors(limits: Limits, typed: &ServerArgs) -> Limits {
    let possible = machine::raise_descriptor_limit().unwrap_or(usize::MAX);
    let most = limits.max_connections;
    if !typed.has(Limit::MaxConnections) {
        return limits.max_connections(most.min(possible));
    }
    if most > possible {
        tracing::warn!(
            "--max-connections {most} is more than the descriptor limit allows, about {possible} (see ulimit -n)"
        );
    }
    limits
}

/// Opens the shared state. A random prefix makes the ids of connections unique among all servers.
async fn shared_state(
    location: &Location,
    namespace: &str,
    limits: eco_state::Limits,
) -> Result<SharedState, Failure> {
    let unique = getrandom::u64().context("the system has no random bytes")?;
    let host = format!("{unique:016x}-");
    let state = SharedState::open(location, namespace, limits, &host).await;
    let state = state.map_err(not_there)?;
    tell_namespace(&state, location, namespace).await;
    Ok(state)
}

/// Runs the server until a signal asks it to stop.
pub(crate) async fn run(
    config: ServeConfig,
    mut activated: ActivatedSockets,
    log_format: LogFormat,
) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    let hangup = Hangup::catch()?;
    // Listening comes before loading, so that a taken port is reported at once. Nothing is accepted yet.
    let bound = net::bind(&config.listen, &mut activated).await;
    let listeners = bound.map_err(|error| Exit::Unavailable.saying(bind_error::explain(&error)))?;
    let (tls, certificates) = certificates::load(config.tls)?;
    let proxies = config.proxies;
    let layers = Layers { proxies, tls };
    let opening = shared_state(&config.state, &config.namespace, config.shared);
    let state = signals.or(opening).await?;
    let mut engine = compiler::engine(config.budgets)
        .pooled(config.limits.max_connections)
        .state(state.clone());
    if config.snapshot == SnapshotArg::Never {
        engine = engine.without_snapshots();
    }
    let engine = engine.build().context(
        "cannot set up the sandbox (a smaller --max-connections, --memory or --table may help)",
    )?;
    let plugin_arg = config.plugin;
    // Watching starts before loading, so that no change is missed.
    let watch = config.watch.then(|| plugin_arg.watch()).transpose()?;
    let loading = load_version(&plugin_arg, &engine, config.snapshot);
    let plugin = signals.or(loading).await?;
    for listener in &listeners {
        let (address, name) = (listener.address(), plugin_arg.name());
        say(&format!("listening on {address} (plugin {name}{layers})"));
        match log_format {
            // A program that reads the log may not read stdout.
            LogFormat::Json => {
                tracing::info!(%address, plugin = name, version = plugin.version(), "listening");
            }
            // A person has just read the line on stdout.
            LogFormat::Text => {}
        }
    }
    if let (Some(tls), Some(listener)) = (&layers.tls, listeners.first()) {
        certificates::tell_self_signed(tls, listener.address());
    }
    let (current, newest) = tokio::sync::watch::channel(plugin);
    let reload = Reload {
        plugin: plugin_arg,
        engine,
        snapshot: config.snapshot,
        current,
        hangup,
        watch,
        certificates,
    };
    let reloading = tokio::spawn(reload.run());
    let mut server = Server::builder(config.limits);
    for listener in listeners {
        let newest = newest.clone();
        server = server.listen(layers.over(listener), move |_: &Arriving| {
            Some(newest.borrow().session())
        });
    }
    let server = server.start();
    let watchdog = service_manager::ready();
    stopped(signals).await;
    service_manager::stopping();
    let summary = server.stop().await;
    reloading.abort();
    drop(watchdog);
    state.close().await;
    let (served, open, cut_off) = (summary.served, summary.open, summary.cut_off);
    tracing::info!(served, open, cut_off, "stopped");
    Ok(())
}

/// Waits for the first signal. A second one ends the process at once.
async fn stopped(mut signals: Signals) {
    signals.next().await;
    tracing::info!("stopping: replies in flight may finish (again to stop now)");
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("stopped now");
        logging::finish();
        std::process::exit(Exit::Interrupted as i32);
    });
}
