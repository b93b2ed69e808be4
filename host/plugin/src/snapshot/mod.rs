//! Snapshots: the instances of a script start from one that has evaluated it.
//!
//! It owns when a snapshot is taken. From when on it is used is in `templates`; how a component is made of it, in
//! `compile::snapshot`.

mod read;

use crate::engine::Engine;
use crate::error::LoadError;
use crate::instance::Instance;
use eco_compile::CountedComponent;
use eco_compile::Script;
use eco_compile::Snapshot;
use std::sync::Arc;
use wasmtime::component::Component;

/// Where a snapshot is.
pub(crate) enum Taken {
    /// It was compiled when an earlier start served the same script.
    Before(CountedComponent),
    /// It was taken of this instance, and is to be compiled under this name.
    Now(String, Box<Snapshot>),
}

/// The snapshot of an instance that has just evaluated the script, on an engine that takes them. `None` where
/// there can't be one, which costs time and changes nothing.
pub(crate) async fn of(
    engine: &Engine,
    instance: &mut Instance,
    component: &Component,
    script: &Arc<Script>,
) -> Option<Taken> {
    if !engine.0.takes_snapshots {
        return None;
    }
    let has_looked = instance.store.data().has_looked();
    if !has_looked && let Some(component) = engine.0.code.kept_snapshot(script).await {
        return Some(Taken::Before(component));
    }
    let read = read::image(instance, component, !has_looked).await;
    let taken = read.and_then(|image| Ok(Snapshot::new(script, image)?));
    let taken = taken.inspect_err(without).ok()?;
    Some(Taken::Now(script.name.to_string(), Box::new(taken)))
}

/// Says why there is no snapshot, to whoever looks for what a connection costs.
pub(crate) fn without(error: &LoadError) {
    let why = eco_text::escape::one_line(error.to_string());
    tracing::debug!("connections evaluate the script anew, without a snapshot: {why}");
}
