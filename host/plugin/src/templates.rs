//! What the instances of a plugin start from: at first what it was tried out with, later something better.
//!
//! It owns when that changes. Scripts begin in portable code where their interpreter isn't compiled for this
//! machine yet. Later there is a snapshot of the evaluated script; or, where none is taken or can be had, the
//! interpreter in this machine's code. What instances see in between (`imports::evaluation`) makes that the same.

use crate::error::LoadError;
use crate::instance::Template;
use crate::linking;
use crate::snapshot::{self, Taken};
use eco_compile::CountedComponent;
use eco_compile::Target;
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
    /// Set when it is known.
    later: Arc<SetOnce<Later<E>>>,
    /// Ends with the plugin.
    _coming: Option<AbortOnDropHandle<()>>,
}

/// What instances start from in the end.
enum Later<E> {
    Snapshot(Start<E>),
    /// This machine's code, where the plugin began in portable code.
    Native(Start<E>),
    /// What they start from now.
    Plain,
}

impl<E: Send + Sync + 'static> Starts<E> {
    /// For a plugin that was tried out. `find` finds the functions in a component that has them.
    pub(crate) fn new(
        plain: Start<E>,
        snapshot: Option<Taken>,
        find: fn(&Component) -> Option<E>,
    ) -> Self {
        let later = Arc::new(SetOnce::new());
        let before = match &snapshot {
            Some(Taken::Before(component)) => snapshot_start(&plain.template, component, find),
            _ => None,
        };
        let now = match (before, &snapshot, plain.template.target) {
            (Some(start), _, _) => Some(Later::Snapshot(start)),
            (None, Some(Taken::Now(..)), _) | (None, _, Target::Portable) => None,
            (None, _, Target::Native) => Some(Later::Plain),
        };
        let coming = match now {
            Some(now) => {
                settle(&later, now);
                None
            }
            None => {
                let (template, later) = (plain.template.clone(), later.clone());
                let task = tokio::spawn(async move {
                    settle(&later, come(&template, snapshot, find).await);
                    keep_interpreter(&template);
                });
                Some(AbortOnDropHandle::new(task))
            }
        };
        Self {
            plain,
            later,
            _coming: coming,
        }
    }

    /// What the next instance starts from.
    pub(crate) fn current(&self) -> &Start<E> {
        match self.later.get() {
            Some(Later::Snapshot(start) | Later::Native(start)) => start,
            Some(Later::Plain) | None => &self.plain,
        }
    }

    /// Waits until it is known what all instances start from: whether that is a snapshot.
    pub(crate) async fn settled(&self) -> bool {
        matches!(self.later.wait().await, Later::Snapshot(_))
    }
}

/// The best that can be had, which takes a while.
async fn come<E>(
    plain: &Template,
    snapshot: Option<Taken>,
    find: fn(&Component) -> Option<E>,
) -> Later<E> {
    let engine = &plain.shared.engine;
    if let Some(Taken::Now(name, snapshot)) = snapshot {
        let compiled = engine.code.compile_snapshot(*snapshot, &name).await;
        let component = compiled
            .map_err(LoadError::from)
            .inspect_err(snapshot::without)
            .ok();
        if let Some(start) = component.and_then(|found| snapshot_start(plain, &found, find)) {
            return Later::Snapshot(start);
        }
    }
    let (Target::Portable, Some(script)) = (plain.target, &plain.shared.script) else {
        return Later::Plain;
    };
    let compiled = engine.code.in_background(script.language).await;
    let started = compiled.map_err(LoadError::from).and_then(|component| {
        let template = linking::native_template(plain, &component)?;
        start(template, &component, find)
    });
    match started {
        Ok(start) => Later::Native(start),
        Err(error) => {
            tracing::warn!("connections go on in portable code, which is slow: {error}");
            Later::Plain
        }
    }
}

/// Compiles the interpreter for the next script too, where this one began in portable code. It goes on when the plugin is
/// gone: another version of it is the next script, most often.
fn keep_interpreter(plain: &Template) {
    if let (Target::Portable, Some(script)) = (plain.target, &plain.shared.script) {
        let (code, language) = (plain.shared.engine.code.clone(), script.language);
        tokio::spawn(async move {
            // Where it can't be had, scripts begin in portable code again.
            let _ = code.in_background(language).await;
        });
    }
}

/// From a snapshot, for instances that would else start from `plain`.
fn snapshot_start<E>(
    plain: &Template,
    component: &CountedComponent,
    find: fn(&Component) -> Option<E>,
) -> Option<Start<E>> {
    let template = linking::snapshot_template(plain, component);
    let started = template.and_then(|template| start(template, component, find));
    started.inspect_err(snapshot::without).ok()
}

fn start<E>(
    template: Template,
    component: &CountedComponent,
    find: fn(&Component) -> Option<E>,
) -> Result<Start<E>, LoadError> {
    let exports = find(component).ok_or_else(|| {
        LoadError::Internal(wasmtime::Error::msg("it lacks the plugin's functions"))
    })?;
    Ok(Start { template, exports })
}

/// Says what instances start from, once that is known.
fn settle<E>(settled: &SetOnce<Later<E>>, later: Later<E>) {
    if let Later::Snapshot(_) = later {
        tracing::debug!("connections start from a snapshot of the script");
    }
    let _ = settled.set(later);
}
