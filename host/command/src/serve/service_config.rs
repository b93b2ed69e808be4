//! The settings of a service, parsed.

use super::args::{ServeArgs, SnapshotArg};
use super::listen_arg::{self, ListenArg};
use crate::admin::AdminAddress;
use crate::exit::{Exit, Failure};
use crate::machine;
use crate::plugin::PluginArg;
use crate::state::args::namespace_of;
use eco_limits::Limit as _;
use eco_net::{Limit, Limits, TrustedProxies, collide};
use eco_plugin::{BUILT_IN_SERVERS, Budget, Budgets};
use eco_state::Location;
use eco_tls::ServerSettings;
use eco_websocket::AllowedOrigin;

/// The settings of one service.
#[derive(Clone)]
pub(crate) struct ServiceConfig {
    /// Its name in the file. The only service of a command line has none.
    pub(crate) name: Option<String>,
    pub(crate) plugin: PluginArg,
    pub(super) watch: bool,
    pub(super) snapshot: SnapshotArg,
    pub(crate) listen: Vec<ListenArg>,
    /// The pages that may connect where it takes WebSockets.
    pub(super) ws_origins: Vec<AllowedOrigin>,
    /// Who says whose the connections are that it brings.
    pub(super) proxies: Option<TrustedProxies>,
    pub(crate) tls: Option<ServerSettings>,
    pub(super) limits: Limits,
    /// Whether it says how many connections it may have. Otherwise it has a part of those that the process may have.
    pub(super) has_own_places: bool,
    pub(super) budgets: Budgets,
    pub(crate) state: StateConfig,
    /// Where the figures of the process are shown. All services have the same.
    pub(crate) admin: Option<AdminAddress>,
}

/// What the connections of a service share.
#[derive(Clone)]
pub(crate) struct StateConfig {
    pub(crate) location: Location,
    pub(crate) namespace: String,
    pub(super) limits: eco_state::Limits,
}

impl ServiceConfig {
    /// The settings of these arguments, of a service with this name.
    ///
    /// # Errors
    /// A value is outside of its range, or makes no sense beside another.
    pub(crate) fn new(name: Option<&str>, args: ServeArgs) -> Result<Self, Failure> {
        let mut limits = Limits::default();
        args.limits.set(&mut limits)?;
        if let Some(admin) = &args.admin
            && let mut listen = args.listen.iter()
            && listen.any(|it| collide(&it.address, admin.listen()))
        {
            return Err(Exit::Usage.saying(format!(
                "--admin {admin} is where connections are served: it needs an address of its own"
            )));
        }
        let budgets = args.budgets.over(Budgets::server(machine::memory()))?;
        if limits.chunk_size > budgets.reply {
            let chunk = Limit::ChunkSize.get(&limits);
            let reply = Budget::Reply.get(&budgets);
            return Err(Exit::Usage.saying(format!(
                "--chunk-size {chunk} is more than --reply {reply}: a plugin could not even return a whole chunk"
            )));
        }
        listen_arg::check(&args.listen, &args.ws_origin)?;
        let mut shared = eco_state::Limits::default();
        args.shared.limits.set(&mut shared)?;
        let plugin = args.named.unwrap_or(args.plugin);
        let place = &args.shared.state;
        let namespace = place.namespace().or(name).map(str::to_owned);
        let state = StateConfig {
            location: place.location()?,
            namespace: namespace.unwrap_or_else(|| namespace_of(&plugin)),
            limits: shared,
        };
        let plugin = PluginArg::new(plugin, BUILT_IN_SERVERS).started_with(args.program);
        if args.watch {
            plugin.watched()?;
        }
        Ok(Self {
            name: name.map(str::to_owned),
            plugin,
            watch: args.watch,
            snapshot: args.snapshot,
            listen: args.listen,
            ws_origins: args.ws_origin,
            proxies: args.trust.proxy_protocol,
            tls: args.tls.settings()?,
            has_own_places: args.limits.has(Limit::MaxConnections),
            limits,
            budgets,
            state,
            admin: args.admin,
        })
    }

    /// What the line on stdout says in brackets.
    pub(crate) fn described(&self) -> String {
        let plugin = self.plugin.name();
        let name = self.name.as_ref();
        let service = name.map_or(String::new(), |name| format!("service {name}, "));
        let tls = self.tls.as_ref().map_or("", |_| ", TLS");
        format!("{service}plugin {plugin}{tls}")
    }
}

/// The failure of a service, with its name where it has one.
pub(crate) fn failed(name: Option<&str>, failure: Failure) -> Failure {
    match name {
        Some(name) => {
            let error = failure.error.context(format!("service {name}"));
            failure.exit.because(error)
        }
        None => failure,
    }
}
