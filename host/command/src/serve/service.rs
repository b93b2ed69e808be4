//! A service: it starts with its settings, changes with them while it serves, and stops.

use super::certificates;
use super::layers::Layers;
use super::prepared::{Listeners, Prepared, Serving};
use super::sandbox::Sandbox;
use super::say::say;
use super::service_config::ServiceConfig;
use super::sockets::SocketKey;
use super::watching::{Changes, Files, tell_changes};
use crate::admin::{Figures, Registration, ServiceFigures};
use crate::exit::Failure;
use crate::logging::{LogFormat, service_span};
use crate::plugin::watch::Watch;
use eco_net::{
    Arriving, BoundListener, Listening, LocalAddress, MappedListener, Server, ServerHandle,
};
use eco_plugin::ServerPlugin;
use eco_tls::{Fingerprint, ServerSettings};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};

/// A service that serves.
pub(super) struct Service {
    config: ServiceConfig,
    sandbox: Sandbox,
    /// The version of the plugin for new connections.
    newest: watch::Sender<ServerPlugin>,
    /// What is over the sockets of new connections.
    layers: watch::Sender<Layers>,
    server: ServerHandle,
    open: Vec<Open>,
    /// With `--watch`.
    watches_plugin: Option<AbortOnDropHandle<()>>,
    /// Where certificates are in files.
    watches_certificates: Option<AbortOnDropHandle<()>>,
    /// The certificate that signs itself, of which clients were told.
    told: Option<Fingerprint>,
    /// That of its lines of the log.
    span: Span,
    /// With `--admin`.
    registration: Option<Registration>,
}

/// An address on which it listens.
struct Open {
    key: SocketKey,
    listening: Vec<(LocalAddress, Listening)>,
}

impl Service {
    /// Starts to serve. Nothing is accepted before [`listen`](Self::listen), which takes the listeners that this returns. It
    /// counts what it does where there are `figures` of the process.
    pub(super) fn start(
        prepared: Prepared,
        changes: &Changes,
        figures: Option<&Arc<Figures>>,
    ) -> (Self, Listeners) {
        let Prepared {
            config,
            sandbox,
            plugin,
            layers,
            listeners,
            plugin_watch,
            certificate_watch,
            ..
        } = prepared;
        let span = service_span(config.name.as_deref());
        let mut server = Server::builder(config.limits.clone());
        if let Some(capture) = &sandbox.capture {
            server = capture.observe_server(server.counting_traffic());
        }
        let server = span.in_scope(|| server.start());
        let registration = figures
            .zip(sandbox.capture.clone())
            .map(|(figures, capture)| {
                let (of_engine, state) = (sandbox.figures.clone(), sandbox.state.clone());
                let service = ServiceFigures::new(server.figures(), of_engine, capture, state);
                let registration = figures.register(config.name.as_deref(), service);
                registration.serves(plugin.version());
                registration
            });
        let mut service = Self {
            config,
            sandbox,
            newest: watch::channel(plugin).0,
            layers: watch::channel(layers).0,
            server,
            open: Vec::new(),
            watches_plugin: None,
            watches_certificates: None,
            told: None,
            span,
            registration,
        };
        service.watch(plugin_watch, certificate_watch, changes);
        (service, listeners)
    }

    /// Takes other settings, for connections to come. [`listen`](Self::listen) takes the listeners that this returns.
    pub(super) async fn change(&mut self, prepared: Prepared, changes: &Changes) -> Listeners {
        let Prepared {
            config,
            sandbox,
            plugin,
            is_new_version,
            layers,
            listeners,
            plugin_watch,
            certificate_watch,
        } = prepared;
        self.close_others(&SocketKey::all_of(&config)).await;
        self.sandbox = sandbox;
        if let Some(registration) = &self.registration {
            registration.shares(&self.sandbox.state);
        }
        self.server.set_limits(config.limits.clone());
        self.config = config;
        self.watch(plugin_watch, certificate_watch, changes);
        self.layers.send_replace(layers);
        if self.has_certificate_files() {
            self.span.in_scope(certificates::tell_reloaded);
        }
        if is_new_version {
            self.serve_with(plugin);
        }
        listeners
    }

    /// Its name in the file.
    pub(super) fn name(&self) -> Option<&str> {
        self.config.name.as_deref()
    }

    /// Its settings.
    pub(super) fn config(&self) -> &ServiceConfig {
        &self.config
    }

    /// What it has now.
    pub(super) fn serving(&self) -> Serving<'_> {
        Serving {
            config: &self.config,
            sandbox: &self.sandbox,
            plugin: self.newest.borrow().clone(),
            layers: self.layers(),
            sockets: self.open.iter().map(|open| &open.key).collect(),
        }
    }

    fn layers(&self) -> Layers {
        self.layers.borrow().clone()
    }

    /// Whether anything of it is on disk, and can be read again.
    pub(super) fn is_on_disk(&self) -> bool {
        self.config.plugin.path().is_some() || self.has_certificate_files()
    }

    fn has_certificate_files(&self) -> bool {
        let tls = self.config.tls.as_ref().map(ServerSettings::files);
        tls.is_some_and(|files| !files.is_empty())
    }

    /// Gives new connections this version of the plugin.
    fn serve_with(&self, plugin: ServerPlugin) {
        let version = plugin.version();
        self.newest.send_replace(plugin);
        if let Some(registration) = &self.registration {
            registration.serves(version);
            registration.reloaded(true);
        }
        self.span.in_scope(|| {
            tracing::info!(version, "reloaded: new connections get the new version");
        });
    }

    /// Counts that nothing of what is new serves.
    pub(super) fn is_not_reloaded(&self) {
        if let Some(registration) = &self.registration {
            registration.reloaded(false);
        }
    }

    /// Reads these files again, which have changed.
    pub(super) async fn reload(&self, files: Files) {
        let reloading = async {
            match files {
                Files::Plugin => match self.sandbox.load(&self.config).await {
                    Ok(plugin) => self.serve_with(plugin),
                    Err(failure) => {
                        self.is_not_reloaded();
                        not_reloaded(&failure);
                    }
                },
                Files::Certificates => {
                    if let Some(tls) = self.layers().tls {
                        certificates::reload(tls).await;
                    }
                }
            }
        };
        reloading.instrument(self.span.clone()).await;
    }

    /// Follows the changes of these files, and of no others any more.
    fn watch(&mut self, plugin: Option<Watch>, certificates: Option<Watch>, changes: &Changes) {
        let tell = |watch, files| {
            let name = self.config.name.as_deref();
            tell_changes(watch, name, files, changes, &self.span)
        };
        let plugin = plugin.map(|watch| tell(watch, Files::Plugin));
        let certificates = certificates.map(|watch| tell(watch, Files::Certificates));
        (self.watches_plugin, self.watches_certificates) = (plugin, certificates);
    }

    /// Closes its listeners of all other addresses than these.
    pub(super) async fn close_others(&mut self, kept: &[SocketKey]) {
        let is_other = |open: &mut Open| !kept.contains(&open.key);
        for open in self.open.extract_if(.., is_other) {
            for (_, listening) in open.listening {
                listening.close().await;
            }
        }
    }

    /// Accepts from these listeners, too, and says so.
    pub(super) fn listen(&mut self, listeners: Listeners, log_format: LogFormat) {
        for (key, listeners) in listeners {
            // Another address has all that comes to this one.
            if listeners.is_empty() {
                continue;
            }
            let listening = listeners.into_iter().map(|listener| {
                let address = listener.address().clone();
                self.tell_address(&key, &address, log_format);
                (address, self.serve(key.clone(), listener))
            });
            let listening = listening.collect();
            self.open.push(Open { key, listening });
        }
        self.tell_self_signed();
    }

    /// Serves the connections of this listener.
    fn serve(&self, key: SocketKey, listener: BoundListener) -> Listening {
        let (layers, newest) = (self.layers.subscribe(), self.newest.subscribe());
        let listener = MappedListener::new(listener, move |accepted| {
            layers.borrow().over(&key, accepted)
        });
        self.server.listen(listener, move |_: &Arriving| {
            Some(newest.borrow().session().in_parts())
        })
    }

    fn tell_address(&self, key: &SocketKey, address: &LocalAddress, log_format: LogFormat) {
        let address = self.layers.borrow().url(key, address);
        let described = self.config.described();
        say(&format!("listening on {address} ({described})"));
        match log_format {
            // A program that reads the log may not read stdout.
            LogFormat::Json => self.span.in_scope(|| {
                let (plugin, version) = (self.config.plugin.name(), self.newest.borrow().version());
                tracing::info!(%address, plugin, version, "listening");
            }),
            // A person has just read the line on stdout.
            LogFormat::Text => {}
        }
    }

    /// Says how clients trust a certificate that signs itself, once.
    fn tell_self_signed(&mut self) {
        let layers = self.layers();
        let first = |takes_websockets| {
            let mut open = self
                .open
                .iter()
                .filter(|open| layers.websocket(&open.key).is_some() == takes_websockets);
            let (address, _) = open.find_map(|open| open.listening.first())?;
            Some(address)
        };
        let (stream, websocket) = (first(false), first(true));
        let made = layers.tls.as_ref().and_then(|tls| tls.self_signed());
        if let Some(made) = made
            && self.told != Some(made)
            && stream.or(websocket).is_some()
        {
            certificates::tell_self_signed(made, stream, websocket);
            self.told = Some(made);
        }
    }

    /// Stops it: replies on their way may take the grace.
    pub(super) async fn stop(self) {
        let span = self.span.clone();
        let stopping = async move {
            drop((self.watches_plugin, self.watches_certificates));
            let summary = self.server.stop().await;
            drop(self.registration);
            self.sandbox.state.close().await;
            let (served, open, cut_off) = (summary.served, summary.open, summary.cut_off);
            tracing::info!(served, open, cut_off, "stopped");
        };
        stopping.instrument(span).await;
    }
}

/// Says why a version of the plugin doesn't serve.
pub(super) fn not_reloaded(failure: &Failure) {
    let why = in_one_line(failure);
    tracing::error!("not reloaded, the old version stays: {why}");
}

/// The words of a failure, for a line of the log.
pub(super) fn in_one_line(failure: &Failure) -> String {
    let why = format!("{:#}", failure.error);
    let why: Vec<&str> = why.lines().map(str::trim).collect();
    why.join("; ")
}
