//! The templates of a plugin. Instances are made from the template that the plugin was tried out with, and later from
//! a better one.
//!
//! It owns the moment of the change. Scripts begin in portable code where their interpreter isn't compiled for this
//! machine yet. Later instances start from a snapshot of the evaluated script; without a snapshot, from the
//! interpreter in native code. A script sees no difference (`evaluation`).

use crate::error::LoadError;
use crate::instance::Template;
use crate::linking;
use crate::snapshot::{self, Taken};
use eco_compile::CountedComponent;
use eco_compile::Target;
use std::sync::Arc;
use tokio::sync::SetOnce;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use wasmtime::component::Component;

/// A template for a role, with the exports that are called in its instances.
pub(crate) struct RoleTemplate<E> {
    pub(crate) template: Template,
    pub(crate) exports: E,
}

/// The first and the last template of a plugin's instances.
pub(crate) struct Templates<E> {
    first: RoleTemplate<E>,
    /// Set when the last template is known.
    last: Arc<SetOnce<Last<E>>>,
    /// Prepares the last template. The task ends with the plugin.
    _task: Option<AbortOnDropHandle<()>>,
}

/// The template from which all instances are made in the end.
enum Last<E> {
    Snapshot(RoleTemplate<E>),
    /// This machine's code, where the plugin began in portable code.
    Native(RoleTemplate<E>),
    /// The first template, for good.
    First,
}

impl<E: Send + Sync + 'static> Templates<E> {
    /// Begins with the template of a plugin that was tried out. `find` finds the exports in a component that has them.
    pub(crate) fn new(
        first: RoleTemplate<E>,
        snapshot: Option<Taken>,
        find: fn(&Component) -> Option<E>,
    ) -> Self {
        let last = Arc::new(SetOnce::new());
        let before = match &snapshot {
            Some(Taken::Before(component)) => of_snapshot(&first.template, component, find),
            _ => None,
        };
        let known = match (before, &snapshot, first.template.target) {
            (Some(template), _, _) => Some(Last::Snapshot(template)),
            (None, Some(Taken::Now(..)), _) | (None, _, Target::Portable) => None,
            (None, _, Target::Native) => Some(Last::First),
        };
        let task = match known {
            Some(known) => {
                settle(&last, known);
                None
            }
            None => {
                let (template, last) = (first.template.clone(), last.clone());
                let task = async move {
                    settle(&last, compile_last(&template, snapshot, find).await);
                    keep_interpreter(&template);
                };
                let task = tokio::spawn(task.in_current_span());
                Some(AbortOnDropHandle::new(task))
            }
        };
        Self {
            first,
            last,
            _task: task,
        }
    }

    /// The template for the next instance.
    pub(crate) fn current(&self) -> &RoleTemplate<E> {
        match self.last.get() {
            Some(Last::Snapshot(template) | Last::Native(template)) => template,
            Some(Last::First) | None => &self.first,
        }
    }

    /// Waits until the last template is known. Returns whether it is a snapshot.
    pub(crate) async fn settled(&self) -> bool {
        matches!(self.last.wait().await, Last::Snapshot(_))
    }
}

/// Compiles the best possible template, which takes a while.
async fn compile_last<E>(
    first: &Template,
    snapshot: Option<Taken>,
    find: fn(&Component) -> Option<E>,
) -> Last<E> {
    let engine = &first.shared.engine;
    if let Some(Taken::Now(name, snapshot)) = snapshot {
        let compiled = engine.code.compile_snapshot(*snapshot, &name).await;
        let component = compiled
            .map_err(LoadError::from)
            .inspect_err(snapshot::log_failure)
            .ok();
        if let Some(template) = component.and_then(|found| of_snapshot(first, &found, find)) {
            return Last::Snapshot(template);
        }
    }
    let (Target::Portable, Some(script)) = (first.target, &first.shared.script) else {
        return Last::First;
    };
    let compiled = engine.code.in_background(script.language).await;
    let native = compiled.map_err(LoadError::from).and_then(|component| {
        let template = linking::native_template(first, &component)?;
        for_role(template, &component, find)
    });
    match native {
        Ok(template) => Last::Native(template),
        Err(error) => {
            tracing::warn!("connections go on in portable code, which is slow: {error}");
            Last::First
        }
    }
}

/// Compiles the interpreter for the next script too, where this one began in portable code. The compilation outlives
/// the plugin, since the next script is mostly another version of it.
fn keep_interpreter(first: &Template) {
    if let (Target::Portable, Some(script)) = (first.target, &first.shared.script) {
        let (code, language) = (first.shared.engine.code.clone(), script.language);
        tokio::spawn(async move {
            // If the compilation fails, scripts begin in portable code again.
            let _ = code.in_background(language).await;
        });
    }
}

/// The template of a snapshot, which replaces `first`. `None` where it fails to link.
fn of_snapshot<E>(
    first: &Template,
    component: &CountedComponent,
    find: fn(&Component) -> Option<E>,
) -> Option<RoleTemplate<E>> {
    linking::snapshot_template(first, component)
        .and_then(|template| for_role(template, component, find))
        .inspect_err(snapshot::log_failure)
        .ok()
}

fn for_role<E>(
    template: Template,
    component: &CountedComponent,
    find: fn(&Component) -> Option<E>,
) -> Result<RoleTemplate<E>, LoadError> {
    let exports = find(component).ok_or_else(|| {
        LoadError::Internal(wasmtime::Error::msg("it lacks the plugin's functions"))
    })?;
    Ok(RoleTemplate { template, exports })
}

/// Sets the last template, and logs a snapshot.
fn settle<E>(settled: &SetOnce<Last<E>>, last: Last<E>) {
    if let Last::Snapshot(_) = last {
        tracing::debug!("connections start from a snapshot of the script");
    }
    let _ = settled.set(last);
}
