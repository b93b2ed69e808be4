//! Loading: from a source to a plugin that has been compiled, checked and started once.
//!
//! It owns the order of the checks. What each finds is in `survey`, `sandbox` and `abi`.

use super::abi::Exports;
use super::budget::{Budget, Budgets};
use super::engine::{Engine, Shared};
use super::error::LoadError;
use super::instance::Instance;
use super::loaded::{Kind, Loaded, Plugin, Role};
use super::sandbox::{self, State};
use super::source::Source;
use super::survey::{Survey, survey};
use super::{dialogue, session};
use std::sync::Arc;
use wasmtime::component::{Component, InstancePre};

impl Plugin {
    /// Reads, compiles and checks a plugin, and instantiates it once, so that one that can't work
    /// is found here and not at the first connection.
    ///
    /// # Errors
    /// See [`LoadError`]: each variant is one of the checks, in their order.
    pub async fn load(engine: &Engine, source: Source, role: Role) -> Result<Self, LoadError> {
        let name = source.name();
        let shared = engine.0.clone();
        let budgets = shared.budgets.clone();
        let compiling = tokio::task::spawn_blocking({
            let shared = shared.clone();
            move || compile(&shared, source)
        });
        // A thread that compiles can't be stopped; it is left to end by itself.
        let (component, survey) = tokio::time::timeout(budgets.compile, compiling)
            .await
            .map_err(|_| {
                let found = "It was not compiled by then.";
                LoadError::budget(Budget::Compile, &budgets, found)
            })?
            .map_err(|panic| LoadError::Invalid(panic.to_string()))??;
        let (kind, exports) = find_exports(&component, &shared, role)?;
        let plugin = Self(Arc::new(Loaded {
            name,
            kind,
            exports,
            post_return: survey.post_return,
            ready: link(&component, &shared)?,
            engine: shared,
        }));
        plugin.try_out().await?;
        Ok(plugin)
    }

    async fn try_out(&self) -> Result<(), LoadError> {
        let mut instance = Instance::start(&self.0.ready, &self.0.engine, 0)
            .await
            .map_err(LoadError::Start)?;
        match self.0.kind {
            Kind::Handler | Kind::Session => session::check(self, &mut instance),
            Kind::Client => dialogue::check(self, &mut instance),
        }
        .map_err(|error| LoadError::Type {
            interface: self.0.kind.interface(),
            why: format!("{error:#}"),
        })
    }
}

fn compile(engine: &Shared, source: Source) -> Result<(Component, Survey), LoadError> {
    let binary = source.binary(&engine.budgets)?;
    let survey = survey(&binary).map_err(|error| LoadError::Invalid(error.to_string()))?;
    check_size(&survey, &engine.budgets)?;
    let component = Component::from_binary(&engine.wasmtime, &binary).map_err(|error| {
        let text = format!("{error:#}");
        // More parts than an instance has places for; wasmtime has no type for it.
        match text.contains("pooling allocator") {
            true => LoadError::Complex(error.root_cause().to_string()),
            false => LoadError::Invalid(text),
        }
    })?;
    Ok((component, survey))
}

/// What a plugin declares from the start is checked before it is compiled.
fn check_size(survey: &Survey, budgets: &Budgets) -> Result<(), LoadError> {
    if let Some(complex) = &survey.complex {
        return Err(LoadError::Complex(complex.clone()));
    }
    if survey.memory > budgets.memory as u64 {
        let found = format!("It declares a memory of {} bytes.", survey.memory);
        return Err(LoadError::budget(Budget::Memory, budgets, found));
    }
    if survey.table > budgets.table as u64 {
        let found = format!("It declares a table of {} elements.", survey.table);
        return Err(LoadError::budget(Budget::Table, budgets, found));
    }
    Ok(())
}

fn find_exports(
    component: &Component,
    engine: &Shared,
    role: Role,
) -> Result<(Kind, Exports), LoadError> {
    let (wanted, name, expected): (&[Kind], _, _) = match role {
        Role::Server => (
            &[Kind::Session, Kind::Handler],
            "server plugin",
            "eco:plugin/handler@0.1.0 (with receive) or eco:plugin/session@0.1.0 (with open, receive, end-of-input, closed)",
        ),
        Role::Client => (
            &[Kind::Client],
            "client plugin",
            "eco:plugin/client@0.1.0 (with start, replied)",
        ),
    };
    wanted
        .iter()
        .find_map(|kind| Some((*kind, Exports::find(component, kind.interface())?)))
        .ok_or_else(|| LoadError::Export {
            role: name,
            expected,
            exports: export_names(component, engine),
        })
}

fn export_names(component: &Component, engine: &Shared) -> Vec<String> {
    use wasmtime::component::types::ComponentItem;
    component
        .component_type()
        .exports(&engine.wasmtime)
        .map(|(name, export)| match export.ty {
            ComponentItem::ComponentInstance(instance) => {
                let inner: Vec<_> = instance
                    .exports(&engine.wasmtime)
                    .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
                    .map(|(name, _)| name.to_owned())
                    .collect();
                format!("{name} (with {})", inner.join(", "))
            }
            _ => name.to_owned(),
        })
        .collect()
}

fn link(component: &Component, engine: &Shared) -> Result<InstancePre<State>, LoadError> {
    let kind = component.component_type();
    let imports: Vec<&str> = kind
        .imports(&engine.wasmtime)
        .map(|(name, _)| name)
        .collect();
    let refused: Vec<String> = imports
        .iter()
        .filter(|name| !sandbox::is_offered(name))
        .map(|name| name.to_string())
        .collect();
    if !refused.is_empty() {
        return Err(LoadError::Import(refused));
    }
    let wasi = imports.iter().any(|name| name.starts_with("wasi:"));
    sandbox::linker(&engine.wasmtime, wasi)
        .and_then(|linker| linker.instantiate_pre(component))
        // The interface is there, but not with that function or type.
        .map_err(|error| LoadError::Import(vec![format!("{error:#}")]))
}
