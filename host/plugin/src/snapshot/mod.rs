//! Snapshots: the instances of a script start from one that has evaluated it.
//!
//! It takes the snapshots. `templates` decides when one is used, and `eco_compile` makes a component of it.

mod read;

use crate::engine::Engine;
use crate::error::LoadError;
use crate::instance::Instance;
use eco_compile::CountedComponent;
use eco_compile::Script;
use eco_compile::Snapshot;
use std::sync::Arc;
use wasmtime::component::Component;

/// A snapshot, compiled or not.
pub(crate) enum Taken {
    /// It was compiled when an earlier start served the same script.
    Before(CountedComponent),
    /// It was taken of this instance, and is to be compiled under this name.
    Now(String, Box<Snapshot>),
}

/// Takes a snapshot of an instance that has just evaluated the script. `None` where the engine takes none, or where
/// it fails: instances start slower then, and nothing else changes.
pub(crate) async fn of(
    engine: &Engine,
    instance: &mut Instance,
    component: &Component,
    script: &Arc<Script>,
) -> Option<Taken> {
    if !engine.0.takes_snapshots {
        return None;
    }
    let script = &Arc::new(script.in_host(&engine.0.script_imports.facts()));
    let has_looked = instance.store.data().has_looked();
    if !has_looked && let Some(component) = engine.0.code.kept_snapshot(script).await {
        return Some(Taken::Before(component));
    }
    let read = read::image(instance, component, !has_looked).await;
    let taken = read.and_then(|image| Ok(engine.0.code.snapshot(script, image)?));
    let taken = taken.inspect_err(log_failure).ok()?;
    Some(Taken::Now(script.name.to_string(), Box::new(taken)))
}

/// Logs why there is no snapshot, for readers who look for the cost of a connection.
pub(crate) fn log_failure(error: &LoadError) {
    let why = eco_text::escape::one_line(error.to_string());
    tracing::debug!("connections evaluate the script anew, without a snapshot: {why}");
}
