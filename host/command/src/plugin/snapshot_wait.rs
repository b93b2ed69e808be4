//! Waiting for the snapshot of a script, where all instances must start from it.

use crate::output::spinner::Spinner;

/// Waits for the future of [`ServerPlugin::settled`](eco_plugin::ServerPlugin::settled). Instances work without a
/// snapshot too.
pub(crate) async fn wait_for(settled: impl Future<Output = bool>) {
    let what = "taking a snapshot of the script, for its instances to start from";
    let _spinner = Spinner::show(what.to_owned());
    settled.await;
}
