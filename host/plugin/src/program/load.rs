//! Loading a program: its code is linked, and tried out up to its beginning.

use super::flush_hint::hint;
use super::template::{MakeError, ProgramTemplate, Running};
use super::{preview1, preview2};
use crate::abi::Lifting;
use crate::cpu::call_state::CallState;
use crate::cpu::total_time::TotalTime;
use crate::engine::Engine;
use crate::engine_state::EngineState;
use crate::error::{Error, LoadError};
use crate::imports::Importer;
use crate::instance::most_held;
use crate::instance::state::PluginShared;
use crate::instance::{Owner, Template};
use crate::linking::Offer;
use crate::loaded::{Interface, Loaded};
use crate::stdio::{Pipes, ProgramSettings, QUEUE, Stdio};
use eco_compile::{Code, Compiled, FEW_PAGES};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use wasmtime::component::{Component, ComponentExportIndex};

/// The interface of a component that is a program, without its version.
const RUN: &str = "wasi:cli/run";

/// A program that has passed the checks.
pub(crate) struct Program {
    pub(crate) loaded: Loaded,
    template: ProgramTemplate,
    arguments: Arc<[String]>,
    environment: Vec<(String, String)>,
    /// Tools that made it, as they say themselves.
    made_with: Vec<String>,
    /// Whether the log has advice for its author.
    has_hinted: AtomicBool,
}

/// Whether this is a program, whatever else it may be.
pub(crate) fn is_program(code: &Code) -> bool {
    match code {
        Code::Component(component) => find_run(component).is_some(),
        Code::Module(_) => true,
    }
}

/// The function of a component at which it begins, if it is a program.
fn find_run(component: &Component) -> Option<ComponentExportIndex> {
    let kind = component.component_type();
    let mut names = kind.exports(component.engine()).map(|(name, _)| name);
    let name = names.find(|name| {
        let (interface, version) = name.split_once('@').unwrap_or_default();
        interface == RUN && (version == "0.2" || version.starts_with("0.2."))
    })?;
    let interface = component.get_export_index(None, name)?;
    component.get_export_index(Some(&interface), "run")
}

/// Runs the checks that come after compiling.
///
/// # Errors
/// It is no program, imports what is not offered, or fails as it is made.
pub(crate) async fn load(
    engine: &Engine,
    compiled: &Compiled,
    settings: &ProgramSettings,
) -> Result<Program, LoadError> {
    let version = Arc::<OnceLock<u64>>::default();
    let template = template(engine, compiled, &version)?;
    let tried = template.try_out(Owner::nobody(&engine.0)).await;
    let memory = tried.map_err(|error| match error {
        MakeError::Start(error) => LoadError::Start(error),
        MakeError::Type(why) => match &template {
            ProgramTemplate::Module(_) => LoadError::StartType(why),
            ProgramTemplate::Component(..) => LoadError::Type {
                interface: RUN,
                why,
            },
        },
    })?;
    let name = compiled.name.rsplit(['/', '\\']).next();
    let name = [name.unwrap_or_default().to_owned()];
    Ok(Program {
        loaded: Loaded {
            name: compiled.name.clone(),
            // A program that failed a check has no number.
            version: *version.get_or_init(|| engine.0.figures.load()),
            interface: Interface::Program,
            functions: None,
            memory,
            repeats_itself: false,
            lifting: Lifting::InPlace,
        },
        template,
        arguments: name.iter().chain(&settings.arguments).cloned().collect(),
        environment: last_of_each(&settings.environment),
        made_with: compiled.made_with.clone(),
        has_hinted: AtomicBool::new(false),
    })
}

fn template(
    engine: &Engine,
    compiled: &Compiled,
    version: &Arc<OnceLock<u64>>,
) -> Result<ProgramTemplate, LoadError> {
    let shared = |code: usize| PluginShared {
        engine: engine.0.clone(),
        name: compiled.name.as_str().into(),
        version: version.clone(),
        script: None,
        evaluation: None,
        code,
        total_time: Arc::<TotalTime>::default(),
        state: Some(engine.0.state.clone()),
    };
    // A chunk that it has not read, and what its peer has not taken.
    let held = most_held(engine.budgets(), compiled.held).saturating_add(2 * QUEUE);
    let (starts_slowly, target) = (compiled.copied > FEW_PAGES, compiled.target);
    match &compiled.code {
        Code::Module(module) => Ok(ProgramTemplate::Module(Template {
            ready: preview1::link(module)?,
            shared: shared(module.counted.bytes),
            held,
            starts_slowly,
            target,
            _counted: module.counted.clone(),
        })),
        Code::Component(component) => {
            let run = find_run(component).ok_or_else(|| LoadError::Export {
                role: "program",
                expected: "wasi:cli/run@0.2.0 (with run), or a core module with _start",
                exports: crate::linking::export_names(component),
            })?;
            // What connections share is for plugins.
            let offer = Offer::new(engine, Importer::Client);
            let template = Template {
                ready: offer.link_with(component, preview2::link)?,
                shared: shared(component.counted.bytes),
                held,
                starts_slowly,
                target,
                _counted: component.counted.clone(),
            };
            Ok(ProgramTemplate::Component(template, run))
        }
    }
}

/// Of variables with the same name the last one.
fn last_of_each(variables: &[(String, String)]) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for variable in variables {
        kept.retain(|(name, _)| *name != variable.0);
        kept.push(variable.clone());
    }
    kept
}

impl Program {
    pub(crate) fn engine(&self) -> &Arc<EngineState> {
        self.template.engine()
    }

    /// What an instance of it has of the world. `variables` tell it of its connection.
    pub(super) fn stdio(&self, pipes: &Arc<Pipes>, variables: &[(String, String)]) -> Stdio {
        let is_set = |name: &String| self.environment.iter().any(|(set, _)| set == name);
        let variables = variables.iter().filter(|(name, _)| !is_set(name));
        Stdio {
            pipes: pipes.clone(),
            arguments: self.arguments.clone(),
            environment: variables.chain(&self.environment).cloned().collect(),
        }
    }

    /// Makes an instance that runs when it is polled.
    pub(super) async fn run(
        &self,
        owner: Owner,
        pipes: &Arc<Pipes>,
    ) -> Result<(Running, Arc<CallState>), Error> {
        self.template.run(owner, pipes).await
    }

    /// Whether the log has no advice for its author yet. It is asked once.
    pub(super) fn hints_first(&self) -> bool {
        !self.has_hinted.swap(true, Ordering::Relaxed)
    }

    /// Advice for its author, who has left output in a buffer.
    pub(super) fn flush_hint(&self) -> String {
        hint(&self.made_with)
    }
}
