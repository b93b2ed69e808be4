//! The certificates of a service: read with its settings, and whenever their files change.

use super::say::say;
use crate::arguments::tls::unusable;
use crate::exit::Failure;
use crate::plugin::watch::Watch;
use eco_net::LocalAddress;
use eco_text::escape::one_line;
use eco_tls::{Fingerprint, ServerSettings, TlsServer};
use tokio::task::spawn_blocking;

/// TLS with these settings, and the files as they are now. `before` is that of the service until now.
///
/// # Errors
/// The files can't be used.
pub(crate) async fn read(
    settings: ServerSettings,
    before: Option<TlsServer>,
) -> Result<TlsServer, Failure> {
    let reading = spawn_blocking(move || match before {
        Some(before) => before.with(settings),
        None => TlsServer::new(settings),
    });
    reading.await?.map_err(unusable)
}

/// Watches the files of these settings, if there are any. `None`, too: the system can't, and SIGHUP has them read.
pub(super) fn watch(settings: &ServerSettings) -> Option<Watch> {
    let files = settings.files();
    if files.is_empty() {
        return None;
    }
    let not_watched = |error: anyhow::Error| {
        tracing::warn!(
            "changes of certificates are not noticed, and SIGHUP has them read: {error:#}"
        );
    };
    Watch::start(&files).map_err(not_watched).ok()
}

/// Reads them again, since their files have changed. Those that can't be used are reported.
pub(super) async fn reload(tls: TlsServer) {
    match spawn_blocking(move || tls.reload()).await {
        Ok(Ok(())) => tell_reloaded(),
        Ok(Err(error)) => {
            let error = one_line(error);
            tracing::error!("certificates not reloaded, the old ones stay: {error}");
        }
        // It only fails when eco ends.
        Err(_) => {}
    }
}

/// Says that new certificates serve.
pub(super) fn tell_reloaded() {
    tracing::info!("certificates reloaded: new connections get them");
}

/// Says which certificate signs itself, and how clients of these addresses trust it, of which the second takes
/// WebSockets.
pub(super) fn tell_self_signed(
    fingerprint: Fingerprint,
    stream: Option<&LocalAddress>,
    websocket: Option<&LocalAddress>,
) {
    say(&format!(
        "its certificate is for trying out, and signs itself: {fingerprint}"
    ));
    if let Some(address) = stream {
        say(&format!(
            "a client that trusts it: eco send --tls --ca {fingerprint} --to {address} hello"
        ));
    }
    if let Some(address) = websocket {
        say(&format!(
            "a browser trusts it once you have opened https://{address} and gone on"
        ));
    }
}
