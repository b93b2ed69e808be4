//! Waiting for the snapshot of a script, where it matters that all instances start from it.

use crate::output::progress::Waiting;

/// Waits for what [`ServerPlugin::settled`](eco_plugin::ServerPlugin::settled) gives. Without a snapshot all works too.
pub(crate) async fn settle(settled: impl Future<Output = bool>) {
    let what = "taking a snapshot of the script, for its instances to start from";
    let _waiting = Waiting::to(what.to_owned());
    settled.await;
}
