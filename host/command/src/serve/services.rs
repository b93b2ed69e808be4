//! All services of a process: they come, change and go together, with what they are described by, or nothing changes.

use super::bind_error;
use super::prepared::Prepared;
use super::service::{Service, in_one_line, not_reloaded};
use super::service_config::{ServiceConfig, failed};
use super::service_manager;
use super::sockets::{SocketKey, Sockets};
use super::watching::{Change, Changes};
use crate::admin::{AdminAddress, Figures};
use crate::exit::{Exit, Failure};
use crate::logging::{LogFormat, service_span};
use crate::signals::Hangup;
use eco_net::ActivatedSockets;
use eco_plugin::Shares;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tracing::Instrument as _;

/// Reads the settings of all services, as they are now.
pub(crate) type ReadServices = Arc<dyn Fn() -> Result<Vec<ServiceConfig>, Failure> + Send + Sync>;

/// The services of a process. They share its processors, its sockets, and the total of memory.
pub(super) struct Services {
    serving: Vec<Service>,
    /// Those that stop.
    leaving: JoinSet<()>,
    sockets: Sockets,
    shares: Shares,
    changes: Changes,
    /// What has changed on disk.
    changed: mpsc::Receiver<Change>,
    log_format: LogFormat,
    /// Where the figures are shown, and these.
    admin: Option<(AdminAddress, Arc<Figures>)>,
}

impl Services {
    /// None yet. They count what they do if their figures are shown at an address.
    pub(super) fn new(
        activated: ActivatedSockets,
        log_format: LogFormat,
        admin: Option<AdminAddress>,
    ) -> Self {
        let (changes, changed) = mpsc::channel(1);
        let shares = Shares::among(1);
        Self {
            serving: Vec::new(),
            leaving: JoinSet::new(),
            sockets: Sockets::new(activated),
            admin: admin.map(|address| (address, Figures::new(&shares))),
            shares,
            changes,
            changed,
            log_format,
        }
    }

    /// Where their figures are shown, and these, if they are.
    pub(super) fn admin(&self) -> Option<(&AdminAddress, &Arc<Figures>)> {
        let (address, figures) = self.admin.as_ref()?;
        Some((address, figures))
    }

    fn figures(&self) -> Option<&Arc<Figures>> {
        self.admin().map(|(_, figures)| figures)
    }

    /// Has these services and no others from now on. Connections that are open stay as they are, but for those of
    /// services that go.
    ///
    /// # Errors
    /// One of them can't serve. Nothing has changed then.
    pub(super) async fn set(&mut self, configs: Vec<ServiceConfig>) -> Result<(), Failure> {
        let wanted: Vec<SocketKey> = configs.iter().flat_map(SocketKey::all_of).collect();
        let prepared = self.prepare(configs, &wanted).await;
        if let Ok(prepared) = prepared {
            self.change(prepared).await;
            self.sockets.keep(&wanted);
            return Ok(());
        }
        let serving = self.serving.iter().map(Service::config);
        let before: Vec<SocketKey> = serving.flat_map(SocketKey::all_of).collect();
        self.sockets.keep(&before);
        prepared.map(drop)
    }

    /// Prepares all, and changes nothing. Listening comes first, so that a port that is taken is reported at once.
    async fn prepare(
        &mut self,
        configs: Vec<ServiceConfig>,
        wanted: &[SocketKey],
    ) -> Result<Vec<Prepared>, Failure> {
        let opened = self.sockets.open(wanted).await;
        opened.map_err(|error| {
            let own = self.sockets.in_the_way_of(&error.address);
            Exit::Unavailable.saying(bind_error::explain(&error, "--listen", own))
        })?;
        let shares = self.shares.now_among(configs.len());
        let mut all = Vec::new();
        for config in configs {
            let mut serving = self.serving.iter();
            let before = serving.find(|service| service.name() == config.name.as_deref());
            let name = config.name.clone();
            let before = before.map(Service::serving);
            let capture = self.figures().map(|figures| figures.capture());
            let preparing = Prepared::new(config, &shares, &self.sockets, before.as_ref(), capture);
            let preparing = preparing.instrument(service_span(name.as_deref()));
            let prepared = preparing.await;
            all.push(prepared.map_err(|failure| failed(name.as_deref(), failure))?);
        }
        Ok(all)
    }

    /// Changes all. A service listens on an address only after the others have left it.
    async fn change(&mut self, prepared: Vec<Prepared>) {
        while self.leaving.try_join_next().is_some() {}
        let goes = |service: &mut Service| {
            let mut staying = prepared.iter().map(|prepared| &prepared.config.name);
            !staying.any(|name| name.as_deref() == service.name())
        };
        for service in &mut self.serving {
            if goes(service) {
                service.close_others(&[]).await;
            }
        }
        for service in self.serving.extract_if(.., goes) {
            self.leaving.spawn(service.stop());
        }
        if let (Some(figures), Some(any)) = (self.figures(), prepared.first()) {
            figures.set_total_memory(any.config.budgets.total_memory);
        }
        let mut new_listeners = Vec::new();
        for prepared in prepared {
            let name = prepared.config.name.clone();
            let mut serving = self.serving.iter_mut();
            let before = serving.find(|service| service.name() == name.as_deref());
            let listeners = match before {
                Some(service) => service.change(prepared, &self.changes).await,
                None => {
                    let figures = self.figures();
                    let (service, listeners) = Service::start(prepared, &self.changes, figures);
                    self.serving.push(service);
                    listeners
                }
            };
            new_listeners.push((name, listeners));
        }
        for (name, listeners) in new_listeners {
            let mut serving = self.serving.iter_mut();
            if let Some(service) = serving.find(|service| service.name() == name.as_deref()) {
                service.listen(listeners, self.log_format);
            }
        }
    }

    /// Follows what changes, for as long as it is polled: the plugins and certificates that are watched, and all that is
    /// read at SIGHUP.
    pub(super) async fn follow(&mut self, mut hangup: Hangup, read: ReadServices) {
        loop {
            tokio::select! {
                () = hangup.next() => self.read_again(&read).await,
                Some(change) = self.changed.recv() => self.load_again(change).await,
            }
        }
    }

    /// Reads all settings again, with all plugins and certificates that are on disk.
    async fn read_again(&mut self, read: &ReadServices) {
        // Without a file, the settings are those of the command line for ever.
        let alone = self
            .serving
            .first()
            .filter(|service| service.name().is_none());
        if let Some(alone) = alone.filter(|alone| !alone.is_on_disk()) {
            let plugin = alone.config().plugin.name();
            tracing::warn!(
                plugin,
                "nothing to reload: the plugin is neither a file nor a folder"
            );
            return;
        }
        let is_file = alone.is_none();
        service_manager::reloading();
        let read = read.clone();
        let changed = match spawn_blocking(move || read()).await {
            Ok(Ok(configs)) => {
                self.warn_of_admin(&configs);
                self.set(configs).await
            }
            Ok(Err(failure)) => Err(failure),
            Err(panic) => Err(panic.into()),
        };
        service_manager::reloaded();
        if changed.is_err() {
            self.serving.iter().for_each(Service::is_not_reloaded);
        }
        match changed {
            Ok(()) if is_file => {
                let services = self.serving.len();
                tracing::info!(
                    services,
                    "the file is read again: new connections get what it says"
                );
            }
            Ok(()) => {}
            Err(failure) if is_file => {
                tracing::error!("not reloaded, nothing changes: {}", in_one_line(&failure));
            }
            Err(failure) => not_reloaded(&failure),
        }
    }

    /// Says that the figures stay where they are shown, or are shown nowhere.
    fn warn_of_admin(&self, configs: &[ServiceConfig]) {
        let wanted = configs.first().and_then(|config| config.admin.as_ref());
        if self.admin().map(|(address, _)| address) != wanted {
            tracing::warn!("--admin is as it was when eco started: to change it, start eco again");
        }
    }

    /// Reads what a service has on disk again, which has changed.
    async fn load_again(&self, change: Change) {
        let Change { service, files } = change;
        let mut serving = self.serving.iter();
        // It may have gone meanwhile.
        if let Some(service) = serving.find(|it| it.name() == service.as_deref()) {
            service_manager::reloading();
            service.reload(files).await;
            service_manager::reloaded();
        }
    }

    /// Stops all services at the same time. Nobody can connect any more while replies on their way are waited for.
    pub(super) async fn stop(self) {
        let Self {
            serving,
            mut leaving,
            sockets,
            ..
        } = self;
        drop(sockets);
        for service in serving {
            leaving.spawn(service.stop());
        }
        while leaving.join_next().await.is_some() {}
    }
}
