//! What a service needs to serve with other settings, made ready before anything changes.

use super::certificates;
use super::layers::Layers;
use super::sandbox::Sandbox;
use super::service_config::ServiceConfig;
use super::sockets::{SocketKey, Sockets};
use crate::exit::Failure;
use crate::plugin::watch::Watch;
use eco_capture::Capture;
use eco_net::BoundListener;
use eco_plugin::{ServerPlugin, Shares};
use std::sync::Arc;

/// All that a service needs to serve with other settings, ready before anything changes.
pub(super) struct Prepared {
    pub(super) config: ServiceConfig,
    pub(super) sandbox: Sandbox,
    pub(super) plugin: ServerPlugin,
    /// Whether that is another version than the one that serves.
    pub(super) is_new_version: bool,
    pub(super) layers: Layers,
    /// Listeners of addresses on which it does not listen yet.
    pub(super) listeners: Listeners,
    /// With `--watch`.
    pub(super) plugin_watch: Option<Watch>,
    /// Where certificates are in files.
    pub(super) certificate_watch: Option<Watch>,
}

/// What a service has that serves already.
pub(super) struct Serving<'a> {
    pub(super) config: &'a ServiceConfig,
    pub(super) sandbox: &'a Sandbox,
    pub(super) plugin: ServerPlugin,
    pub(super) layers: Layers,
    /// Where it listens.
    pub(super) sockets: Vec<&'a SocketKey>,
}

/// Listeners of addresses.
pub(super) type Listeners = Vec<(SocketKey, Vec<BoundListener>)>;

impl Prepared {
    /// Prepares a service, or other settings of one that serves. Its sockets are open by then.
    ///
    /// # Errors
    /// The state can't be opened, or the plugin can't be used. Nothing has changed then.
    pub(super) async fn new(
        mut config: ServiceConfig,
        shares: &Shares,
        sockets: &Sockets,
        before: Option<&Serving<'_>>,
        capture: Option<&Capture>,
    ) -> Result<Self, Failure> {
        let old = before.map(|before| before.config);
        // Services that come and go take no places from those that stay.
        if let Some(old) = old.filter(|old| !old.has_own_places && !config.has_own_places) {
            config.limits.max_connections = old.limits.max_connections;
        }
        // Watching starts before reading, so that no change is missed. It starts anew each time, since a folder that was
        // away is watched no more.
        let certificate_watch = config.tls.as_ref().and_then(certificates::watch);
        let layers = layers(&config, before).await?;
        let sandbox = {
            let before = before.map(|before| before.sandbox);
            Sandbox::open(&config, shares, before, capture).await?
        };
        let same_plugin = before.filter(|before| before.config.plugin == config.plugin);
        let plugin_watch = config.watch.then(|| config.plugin.watch()).transpose()?;
        let is_on_disk = config.plugin.path().is_some();
        let (plugin, is_new_version) = match same_plugin {
            Some(before) if !is_on_disk && before.sandbox.is(&sandbox) => {
                (before.plugin.clone(), false)
            }
            _ => (sandbox.load(&config).await?, true),
        };
        let mut listeners = Vec::new();
        for key in SocketKey::all_of(&config) {
            if !before.is_some_and(|before| before.sockets.contains(&&key)) {
                let of_key = sockets.listeners(&key)?;
                listeners.push((key, of_key));
            }
        }
        Ok(Self {
            config,
            sandbox,
            plugin,
            is_new_version,
            layers,
            listeners,
            plugin_watch,
            certificate_watch,
        })
    }
}

/// The layers of these settings, with the files as they are now.
async fn layers(config: &ServiceConfig, before: Option<&Serving<'_>>) -> Result<Layers, Failure> {
    let tls = match config.tls.clone() {
        Some(settings) => {
            let before = before.and_then(|before| before.layers.tls.clone());
            Some(certificates::read(settings, before).await?)
        }
        None => None,
    };
    let proxies = config.proxies.clone();
    let websockets = SocketKey::with_framing(config).into_iter();
    let websockets = websockets
        .filter_map(|(key, framing)| Some((key, Arc::new(framing.rules(&config.ws_origins)?))));
    Ok(Layers {
        proxies,
        tls,
        websockets: websockets.collect(),
    })
}
