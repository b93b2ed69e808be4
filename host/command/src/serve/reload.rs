//! New versions of a plugin, and new certificates, while the server runs: open connections keep theirs, new ones get the
//! newest that work.

use super::args::SnapshotArg;
use super::certificates::CertificateFiles;
use super::service_manager;
use crate::exit::Failure;
use crate::plugin::PluginArg;
use crate::plugin::snapshot_wait::wait_for;
use crate::plugin::watch::Watch;
use crate::signals::Hangup;
use eco_plugin::{Engine, ServerPlugin};
use tokio::sync::watch::Sender;

/// Loads what has changed, and all of it when SIGHUP comes.
pub(super) struct Reload {
    pub(super) plugin: PluginArg,
    pub(super) engine: Engine,
    pub(super) snapshot: SnapshotArg,
    /// Takes the version for new connections.
    pub(super) current: Sender<ServerPlugin>,
    pub(super) hangup: Hangup,
    /// With `--watch`.
    pub(super) watch: Option<Watch>,
    /// Those of TLS, if it has files.
    pub(super) certificates: Option<CertificateFiles>,
}

impl Reload {
    /// Runs for as long as the server does.
    pub(super) async fn run(mut self) {
        loop {
            let (plugin, certificates) = tokio::select! {
                () = self.hangup.next() => (true, true),
                () = changed(&mut self.watch) => (true, false),
                () = certificates_changed(&mut self.certificates) => (false, true),
            };
            service_manager::reloading();
            if let Some(files) = self.certificates.as_ref().filter(|_| certificates) {
                files.reload().await;
            }
            if plugin {
                self.reload_plugin().await;
            }
            service_manager::reloaded();
        }
    }

    async fn reload_plugin(&self) {
        if self.plugin.path().is_none() {
            if self.certificates.is_none() {
                let plugin = self.plugin.name();
                tracing::warn!(
                    plugin,
                    "nothing to reload: the plugin is neither a file nor a folder"
                );
            }
            return;
        }
        match load_version(&self.plugin, &self.engine, self.snapshot).await {
            Ok(plugin) => {
                let version = plugin.version();
                self.current.send_replace(plugin);
                tracing::info!(version, "reloaded: new connections get the new version");
            }
            Err(failure) => {
                let why = format!("{:#}", failure.error);
                let why: Vec<&str> = why.lines().map(str::trim).collect();
                tracing::error!("not reloaded, the old version stays: {}", why.join("; "));
            }
        }
    }
}

/// Loads the plugin as it is now. With `--snapshot first` it waits for the snapshot too.
pub(super) async fn load_version(
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

async fn changed(watch: &mut Option<Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

async fn certificates_changed(files: &mut Option<CertificateFiles>) {
    match files {
        Some(files) => files.changed().await,
        None => std::future::pending().await,
    }
}
