//! Loading: from what was compiled to a plugin that has been checked and started once.
//!
//! It owns the order of the checks. What each finds is in `sandbox` and `abi`, and for a script in what
//! its interpreter says.

use super::abi::{Exports, INTERPRETER};
use super::compile::Compiled;
use super::engine::{Engine, Shared, World};
use super::error::LoadError;
use super::instance::Instance;
use super::loaded::{Import, Kind, Loaded, Plugin, Role, Starts};
use super::misspelt::{self, Misspelt};
use super::sandbox::{self, SCRIPT, State};
use super::script::Script;
use super::source::Source;
use super::{alarm, dialogue, poll, segments, session};
use eco_contract::Effort;
use eco_text::escape::one_line;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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
            held,
            straight,
            script,
        } = compiled;
        let (kind, exports) = find_exports(&component, &shared, role)?;
        let mut plugin = Loaded {
            name,
            version: 0,
            kind,
            exports,
            starts: match kind {
                Kind::Handler => Starts::WithFirstChunk,
                Kind::Session | Kind::Client => Starts::WithConnection,
            },
            post_return: survey.post_return,
            repeats_itself: imports(&component, &shared, script.is_some()).is_empty(),
            ready: link(&component, &shared, script.is_some())?,
            held: sandbox::held(&shared.budgets, held),
            starts_slowly: survey.copied > segments::FEW,
            spent: Arc::default(),
            straight: straight.filter(|_| kind == Kind::Handler),
            script: script.map(Arc::new),
            functions: Vec::new(),
            memory: 0,
            engine: shared,
        };
        plugin.try_out(&component).await?;
        // Only now: what can't be used is no version.
        plugin.version = plugin.engine.loaded.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Self(Arc::new(plugin)))
    }
}

impl Loaded {
    async fn try_out(&mut self, component: &Component) -> Result<(), LoadError> {
        let mut instance = Instance::start(self, 0, Effort::default(), None)
            .await
            .map_err(LoadError::Start)?;
        match self.kind {
            Kind::Handler | Kind::Session => session::check(self, &mut instance),
            Kind::Client => dialogue::check(self, &mut instance),
        }
        .map_err(|error| LoadError::Type {
            interface: self.kind.interface(),
            why: format!("{error:#}"),
        })?;
        if let Some(script) = &self.script {
            self.functions = evaluate(&mut instance, component).await?;
            check_functions(self.kind, &self.functions, script)?;
            warn_of_slips(self.kind, &self.functions, script);
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
    defined.map_err(|text| match instance.store.data().stopped(&text) {
        Some(stopped) => LoadError::Start(stopped),
        None => LoadError::Script(text),
    })
}

fn check_functions(kind: Kind, defined: &[String], script: &Script) -> Result<(), LoadError> {
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
            meant: misspelt::meant(script, wanted),
        }),
    }
}

/// Functions that eco would call if they were spelt otherwise. The script works without them, as long as
/// nobody needs what they do.
fn warn_of_slips(kind: Kind, defined: &[String], script: &Script) {
    let functions: &[&str] = match kind {
        Kind::Client => &["replied"],
        Kind::Handler | Kind::Session => &["open", "end-of-input", "closed"],
    };
    let is_missing = |name: &&&str| !defined.iter().any(|defined| defined == *name);
    for missing in functions.iter().filter(is_missing) {
        if let Some(Misspelt { line, wrong, right }) = misspelt::surely_meant(script, missing) {
            let name = one_line(&script.name);
            tracing::warn!(
                "{name} has {wrong}, which eco doesn't call; is {right} meant? (line {line})"
            );
        }
    }
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
            if wasi {
                // What follows takes the place of what wasmtime-wasi has.
                linker.allow_shadowing(true);
                poll::link(&mut linker)?;
            }
            if wasi && engine.world == World::Laboratory {
                alarm::link(&mut linker)?;
            }
            if script {
                sandbox::link_script(&mut linker)?;
            }
            linker.instantiate_pre(component)
        })
        // The interface is there, but not with that function or type.
        .map_err(|error| LoadError::Import(vec![format!("{error:#}")]))
}
