//! Snapshots: the instances of a script start from one that has evaluated it.
//!
//! It owns when a snapshot is taken and from when on it is used. Until it is there, and where it can't be
//! had, instances evaluate the script themselves; what they see meanwhile (`imports::evaluation`) makes
//! that the same. How a component is made of it is in `compile::snapshot`.

mod read;

use crate::compile::Snapshot;
use crate::engine::Engine;
use crate::error::LoadError;
use crate::instance::{Instance, Template};
use crate::load;
use crate::load::script::Script;
use std::sync::Arc;
use tokio::sync::SetOnce;
use tokio_util::task::AbortOnDropHandle;
use wasmtime::component::Component;

/// What instances start from, with the functions that are called in them.
pub(crate) struct Start<E> {
    pub(crate) template: Template,
    pub(crate) exports: E,
}

/// What the instances of a plugin start from now, and what from later on.
pub(crate) struct Starts<E> {
    plain: Start<E>,
    /// Set when it is there, or when it is known that there will be none.
    snapshot: Arc<SetOnce<Option<Start<E>>>>,
    /// Ends with the plugin.
    _taking: Option<AbortOnDropHandle<()>>,
}

impl<E: Send + Sync + 'static> Starts<E> {
    /// For a plugin that was tried out. `find` finds the functions in a component that has them.
    pub(crate) fn new(
        plain: Start<E>,
        snapshot: Option<Taken>,
        find: fn(&Component) -> Option<E>,
    ) -> Self {
        let settled = Arc::new(SetOnce::new());
        let mut taking = None;
        match snapshot {
            None => settle(&settled, None),
            Some(Taken::Before(component)) => {
                settle(&settled, Some(start(&plain.template, &component, find)));
            }
            Some(Taken::Now(name, snapshot)) => {
                let (template, settled) = (plain.template.clone(), settled.clone());
                let task = tokio::spawn(async move {
                    let engine = Engine(template.shared.engine.clone());
                    let compiled = snapshot.compile(&engine, &name).await;
                    let start = compiled.and_then(|component| start(&template, &component, find));
                    settle(&settled, Some(start));
                });
                taking = Some(AbortOnDropHandle::new(task));
            }
        }
        Self {
            plain,
            snapshot: settled,
            _taking: taking,
        }
    }

    /// What the next instance starts from.
    pub(crate) fn current(&self) -> &Start<E> {
        match self.snapshot.get() {
            Some(Some(snapshot)) => snapshot,
            _ => &self.plain,
        }
    }

    /// Waits until it is known what all instances start from: whether that is a snapshot.
    pub(crate) async fn settled(&self) -> bool {
        self.snapshot.wait().await.is_some()
    }
}

/// Says what instances start from, once that is known.
fn settle<E>(settled: &SetOnce<Option<Start<E>>>, start: Option<Result<Start<E>, LoadError>>) {
    let start = start.and_then(|start| start.inspect_err(without).ok());
    if start.is_some() {
        tracing::debug!("connections start from a snapshot of the script");
    }
    let _ = settled.set(start);
}

/// From a snapshot, for instances that would else start from `plain`.
fn start<E>(
    plain: &Template,
    component: &Component,
    find: fn(&Component) -> Option<E>,
) -> Result<Start<E>, LoadError> {
    let exports = find(component)
        .ok_or_else(|| LoadError::Compiler("a snapshot lacks the plugin's functions".to_owned()))?;
    Ok(Start {
        template: load::snapshot_template(plain, component)?,
        exports,
    })
}

/// Where a snapshot is.
pub(crate) enum Taken {
    /// It was compiled when an earlier start served the same script.
    Before(Component),
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
    if !has_looked && let Some(component) = Snapshot::kept(engine, script).await {
        return Some(Taken::Before(component));
    }
    let read = read::image(instance, component, !has_looked).await;
    let taken = read.and_then(|image| Snapshot::new(script, image));
    let taken = taken.inspect_err(without).ok()?;
    Some(Taken::Now(script.name.to_string(), Box::new(taken)))
}

/// Says why there is no snapshot, to whoever looks for what a connection costs.
fn without(error: &LoadError) {
    let why = eco_text::escape::one_line(error.to_string());
    tracing::debug!("connections evaluate the script anew, without a snapshot: {why}");
}
