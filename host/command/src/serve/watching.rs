//! What a service watches on disk: its plugin, with `--watch`, and the files of its certificates.

use crate::plugin::watch::Watch;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};

/// What has changed on disk, and whose it is.
pub(super) struct Change {
    /// The name of the service.
    pub(super) service: Option<String>,
    pub(super) files: Files,
}

/// Files that change together.
#[derive(Clone, Copy)]
pub(super) enum Files {
    Plugin,
    Certificates,
}

/// Where changes are told.
pub(super) type Changes = mpsc::Sender<Change>;

/// Tells each change, for as long as what this returns is kept.
pub(super) fn tell_changes(
    mut watch: Watch,
    service: Option<&str>,
    files: Files,
    changes: &Changes,
    span: &Span,
) -> AbortOnDropHandle<()> {
    let (service, changes) = (service.map(str::to_owned), changes.clone());
    let telling = async move {
        loop {
            watch.changed().await;
            let service = service.clone();
            if changes.send(Change { service, files }).await.is_err() {
                return;
            }
        }
    };
    AbortOnDropHandle::new(tokio::spawn(telling.instrument(span.clone())))
}
