//! The certificates of a server: read at its start, on SIGHUP, and whenever their files change.

use super::say::say;
use crate::arguments::tls::unusable;
use crate::exit::Failure;
use crate::plugin::watch::Watch;
use eco_net::LocalAddress;
use eco_text::escape::one_line;
use eco_tls::{Error, ServerSettings, TlsServer};
use tokio::task::spawn_blocking;

/// Certificates that can be read again.
pub(super) struct CertificateFiles {
    tls: TlsServer,
    /// `None`: the system can't watch them, and SIGHUP alone has them read.
    watch: Option<Watch>,
}

/// Sets TLS up, if it is asked for. The files are watched before they are read, so that no change is missed.
pub(super) fn load(
    settings: Option<ServerSettings>,
) -> Result<(Option<TlsServer>, Option<CertificateFiles>), Failure> {
    let Some(settings) = settings else {
        return Ok((None, None));
    };
    let files = settings.files();
    let watch = (!files.is_empty()).then(|| Watch::start(&files));
    let tls = TlsServer::new(settings).map_err(unusable)?;
    let files = watch.map(|watch| CertificateFiles {
        tls: tls.clone(),
        watch: watch.map_err(not_watched).ok(),
    });
    Ok((Some(tls), files))
}

/// Says which certificate signs itself, and how a client trusts it.
pub(super) fn tell_self_signed(tls: &TlsServer, address: &LocalAddress) {
    if let Some(fingerprint) = tls.self_signed() {
        say(&format!(
            "its certificate is for trying out, and signs itself: {fingerprint}"
        ));
        say(&format!(
            "a client that trusts it: eco send --tls --ca {fingerprint} --to {address} hello"
        ));
    }
}

fn not_watched(error: anyhow::Error) {
    tracing::warn!("changes of certificates are not noticed, and SIGHUP has them read: {error:#}");
}

impl CertificateFiles {
    /// Waits until they change.
    pub(super) async fn changed(&mut self) {
        match &mut self.watch {
            Some(watch) => watch.changed().await,
            None => std::future::pending().await,
        }
    }

    /// Reads them again. Those that can't be used are reported.
    pub(super) async fn reload(&self) {
        let tls = self.tls.clone();
        let reloaded = spawn_blocking(move || tls.reload()).await;
        match reloaded {
            Ok(Ok(())) => {
                tracing::info!("certificates reloaded: new connections get them");
            }
            Ok(Err(error)) => not_reloaded(&error),
            // It only fails when eco ends.
            Err(_) => {}
        }
    }
}

fn not_reloaded(error: &Error) {
    let error = one_line(error);
    tracing::error!("certificates not reloaded, the old ones stay: {error}");
}
