//! Loading: from a source to a plugin that has been compiled, checked and started once.
//!
//! It owns the order of the checks. What each finds is in `survey`, `sandbox` and `abi`.

use super::abi::{Exports, INTERPRETER, SCRIPT};
use super::budget::{Budget, Budgets};
use super::engine::{Engine, Shared};
use super::error::LoadError;
use super::inspect::Import;
use super::instance::Instance;
use super::loaded::{Kind, Loaded, Plugin, Role, Starts};
use super::sandbox::{self, State};
use super::script::{Language, Script};
use super::source::{Code, Source};
use super::survey::{Survey, survey};
use super::{dialogue, session};
use std::borrow::Cow;
use std::sync::Arc;
use wasmtime::component::{Component, InstancePre};

impl Plugin {
    /// Reads, compiles and checks a plugin, and instantiates it once, so that one that can't work
    /// is found here and not at the first connection.
    ///
    /// # Errors
    /// See [`LoadError`]: each variant is one of the checks, in their order.
    pub async fn load(engine: &Engine, source: Source, role: Role) -> Result<Self, LoadError> {
        Self::from_compiled(engine, Compiled::from(engine, source).await?, role).await
    }

    /// The checks that come after compiling.
    pub(super) async fn from_compiled(
        engine: &Engine,
        compiled: Compiled,
        role: Role,
    ) -> Result<Self, LoadError> {
        let shared = engine.0.clone();
        let Compiled {
            name,
            size: _,
            component,
            survey,
            script,
        } = compiled;
        let (kind, exports) = find_exports(&component, &shared, role)?;
        let mut plugin = Loaded {
            name,
            kind,
            exports,
            starts: match kind {
                Kind::Handler => Starts::WithFirstChunk,
                Kind::Session | Kind::Client => Starts::WithConnection,
            },
            post_return: survey.post_return,
            ready: link(&component, &shared, script.is_some())?,
            script: script.map(Arc::new),
            functions: Vec::new(),
            memory: 0,
            engine: shared,
        };
        plugin.try_out(&component).await?;
        Ok(Self(Arc::new(plugin)))
    }
}

/// A component that was read and compiled, and is not yet wanted for anything.
#[derive(Clone)]
pub(super) struct Compiled {
    pub(super) name: String,
    /// Bytes of the component, or of the script.
    pub(super) size: usize,
    pub(super) component: Component,
    pub(super) survey: Survey,
    pub(super) script: Option<Script>,
}

impl Compiled {
    /// Reads and compiles, within the budget of that.
    pub(super) async fn from(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let shared = engine.0.clone();
        let budgets = shared.budgets.clone();
        let compiling = tokio::task::spawn_blocking(move || compile(&shared, source));
        // A thread that compiles can't be stopped; it is left to end by itself.
        tokio::time::timeout(budgets.compile, compiling)
            .await
            .map_err(|_| {
                let found = "It was not compiled by then.";
                LoadError::budget(Budget::Compile, &budgets, found)
            })?
            .map_err(|panic| LoadError::Invalid(panic.to_string()))?
    }
}

impl Language {
    /// Compiles the interpreter, so that the first script starts as fast as the next ones.
    ///
    /// # Errors
    /// It is not set up, or took longer than the engine's budget for compiling.
    pub async fn warm_up(self, engine: &Engine) -> Result<(), LoadError> {
        let source = Source::Bytes(self.name().to_owned(), self.interpreter()?.into_owned());
        Compiled::from(engine, source).await.map(drop)
    }
}

impl Loaded {
    async fn try_out(&mut self, component: &Component) -> Result<(), LoadError> {
        let mut instance = Instance::start(self, 0).await.map_err(LoadError::Start)?;
        match self.kind {
            Kind::Handler | Kind::Session => session::check(self, &mut instance),
            Kind::Client => dialogue::check(self, &mut instance),
        }
        .map_err(|error| LoadError::Type {
            interface: self.kind.interface(),
            why: format!("{error:#}"),
        })?;
        if self.script.is_some() {
            self.functions = evaluate(&mut instance, component).await?;
            check_functions(self.kind, &self.functions)?;
            if self.functions == ["receive"] {
                self.starts = Starts::WithFirstChunk;
            }
        }
        self.memory = instance.store.data().memory();
        Ok(())
    }
}

/// Has the interpreter evaluate the script, and returns which functions of the contract it defines.
async fn evaluate(
    instance: &mut Instance,
    component: &Component,
) -> Result<Vec<String>, LoadError> {
    let broken = |error: wasmtime::Error| LoadError::Type {
        interface: INTERPRETER,
        why: format!("{error:#}"),
    };
    let load = Exports::find(component, INTERPRETER)
        .ok_or_else(|| broken(wasmtime::format_err!("it is not exported")))?
        .function::<(), (Result<Vec<String>, String>,)>(0, &instance.exports, &mut instance.store)
        .map_err(broken)?;
    let (defined,) = instance.call(load, ()).await.map_err(LoadError::Start)?;
    defined.map_err(LoadError::Script)
}

fn check_functions(kind: Kind, defined: &[String]) -> Result<(), LoadError> {
    let (role, wanted) = match kind {
        Kind::Client => ("client plugin", "start"),
        Kind::Handler | Kind::Session => ("server plugin", "receive"),
    };
    match defined.iter().any(|name| name == wanted) {
        true => Ok(()),
        false => Err(LoadError::Function {
            role,
            wanted,
            defined: defined.to_vec(),
        }),
    }
}

fn compile(engine: &Shared, source: Source) -> Result<Compiled, LoadError> {
    let name = source.name();
    let (binary, script) = match source.read(&engine.budgets)? {
        Code::Component(binary) => (Cow::Owned(binary), None),
        Code::Script(script) => (script.language.interpreter()?, Some(script)),
    };
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
    Ok(Compiled {
        name,
        size: script
            .as_ref()
            .map_or(binary.len(), |script| script.text.len()),
        component,
        survey,
        script,
    })
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

pub(super) fn export_names(component: &Component, engine: &Shared) -> Vec<String> {
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

/// What a component imports. `script` tells whether it is the interpreter of one.
pub(super) fn imports(component: &Component, engine: &Shared, script: bool) -> Vec<Import> {
    let kind = component.component_type();
    let granted = |name: &str| sandbox::is_offered(name) || (script && name == SCRIPT);
    kind.imports(&engine.wasmtime)
        .map(|(name, _)| Import {
            name: name.to_owned(),
            granted: granted(name),
        })
        .collect()
}

fn link(
    component: &Component,
    engine: &Shared,
    script: bool,
) -> Result<InstancePre<State>, LoadError> {
    let imports = imports(component, engine, script);
    let wasi = imports
        .iter()
        .any(|import| import.name.starts_with("wasi:"));
    let refused = imports.into_iter().filter(|import| !import.granted);
    let refused: Vec<String> = refused.map(|import| import.name).collect();
    if !refused.is_empty() {
        return Err(LoadError::Import(refused));
    }
    sandbox::linker(&engine.wasmtime, wasi)
        .and_then(|mut linker| {
            if script {
                sandbox::link_script(&mut linker)?;
            }
            linker.instantiate_pre(component)
        })
        // The interface is there, but not with that function or type.
        .map_err(|error| LoadError::Import(vec![format!("{error:#}")]))
}
