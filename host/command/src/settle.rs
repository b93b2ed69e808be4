//! Waiting for the snapshot of a script, where it matters that all instances start from it.

use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;

/// How long that may take without a word.
const SILENT: Duration = Duration::from_secs(1);

/// Waits for what [`ServerPlugin::settled`](eco_plugin::ServerPlugin::settled) gives. Without a snapshot all works too.
pub(super) async fn settle(settled: impl Future<Output = bool>) {
    let mut settled = pin!(settled);
    if timeout(SILENT, &mut settled).await.is_err() {
        tracing::info!("taking a snapshot of the script, for its instances to start from");
        settled.await;
    }
}
