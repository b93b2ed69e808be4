//! Loading: compiled code is checked and started once, and becomes a plugin.
//!
//! It owns the order of the checks. The roles (`server`, `client`) name the functions that a plugin needs; a script's
//! interpreter names those that the script defines.

use crate::abi::{self, INTERPRETER, Lifting};
use crate::cpu::total_time::TotalTime;
use crate::engine::Engine;
use crate::engine_state::{EngineState, Hints};
use crate::error::LoadError;
use crate::evaluation::{Fixed, Voice};
use crate::imports::Importer;
use crate::instance::most_held;
use crate::instance::state::PluginShared;
use crate::instance::{Instance, Owner, Template};
use crate::laboratory::World;
use crate::linking::{Offer, export_names, importer, module_exports};
use crate::loaded::{Interface, Loaded};
use crate::snapshot;
use crate::templates::{RoleTemplate, Templates};
use eco_compile::functions;
use eco_compile::{
    Budget, Caller, Code, CompileError, Compiled, CountedComponent, FEW_PAGES, FUNCTIONS, Language,
    Misspelt, Script, Source, Target,
};
use eco_text::escape::one_line;
use std::sync::{Arc, OnceLock};
use tokio::time::timeout;
use wasmtime::component::Component;

/// A role that a plugin can fill, with the functions that it needs and those that eco would call besides. `E` is the
/// exports.
pub(crate) struct Role<E> {
    /// Its name, for messages.
    pub(crate) name: &'static str,
    /// The accepted interfaces, for messages.
    pub(crate) expected: &'static str,
    /// The importer, where the plugin is no script.
    pub(crate) importer: Importer,
    /// The function that a script must define.
    pub(crate) needs: &'static str,
    /// The callers of its functions.
    pub(crate) callers: &'static [Caller],
    /// Finds the exports in a component that has all of them.
    pub(crate) find: fn(&Component) -> Option<E>,
    /// The interface of the exports, and its name.
    pub(crate) interface: fn(&E) -> (Interface, &'static str),
    /// Checks that the exports have the types of the contract.
    pub(crate) check: fn(&E, Lifting, &mut Instance) -> wasmtime::Result<()>,
}

impl<E> Role<E> {
    /// The component of a plugin for the role.
    fn component<'a>(&self, compiled: &'a Compiled) -> Result<&'a CountedComponent, LoadError> {
        match &compiled.code {
            Code::Component(component) => Ok(component),
            Code::Module(module) => Err(LoadError::Export {
                role: self.name,
                expected: self.expected,
                exports: module_exports(module),
            }),
        }
    }

    /// The error for a component that exports nothing for the role.
    fn not_exported(&self, component: &Component) -> LoadError {
        LoadError::Export {
            role: self.name,
            expected: self.expected,
            exports: export_names(component),
        }
    }
}

/// A plugin that has passed the checks for a role.
pub(crate) struct Plugin<E> {
    pub(crate) loaded: Loaded,
    /// The templates of its instances.
    pub(crate) templates: Templates<E>,
}

/// Runs the checks that come after compiling.
pub(crate) async fn load<E: Send + Sync + 'static>(
    engine: &Engine,
    compiled: &Compiled,
    role: &Role<E>,
) -> Result<Plugin<E>, LoadError> {
    let component = role.component(compiled)?;
    let exports = (role.find)(component).ok_or_else(|| role.not_exported(component))?;
    let (interface, name) = (role.interface)(&exports);
    let lifting = Lifting::of(compiled);
    let importer = importer(compiled, role.importer);
    let script = compiled.script.clone();
    let offer = Offer::new(engine, importer);
    let version = Arc::<OnceLock<u64>>::default();
    let repeats_itself = offer.imported(component).is_empty();
    let template = Template {
        ready: offer.link(component)?,
        held: match compiled.direct {
            // Instances are made of the module; one instance of the component is only tried out.
            Some(_) => 0,
            None => most_held(engine.budgets(), compiled.held),
        },
        starts_slowly: compiled.copied > FEW_PAGES,
        target: compiled.target,
        _counted: component.counted.clone(),
        shared: PluginShared {
            engine: engine.0.clone(),
            name: compiled.name.as_str().into(),
            version: version.clone(),
            script: script.clone(),
            evaluation: match (&script, engine.0.world) {
                (Some(_), World::Real) => Some((Fixed::now().map_err(unseeded)?, Voice::Mute)),
                _ => None,
            },
            code: match &script {
                Some(_) => 0,
                None => component.counted.bytes,
            },
            total_time: Arc::<TotalTime>::default(),
            state: match role.importer {
                Importer::Client => None,
                Importer::Server | Importer::Interpreter => Some(engine.0.state.clone()),
            },
        },
    };
    let mut instance = Instance::start(&aloud(&template), Owner::nobody(&engine.0))
        .await
        .map_err(LoadError::Start)?;
    (role.check)(&exports, lifting, &mut instance).map_err(|why| LoadError::Type {
        interface: name,
        why,
    })?;
    let (functions, snapshot) = match &script {
        None => (None, None),
        Some(script) => {
            let defined = evaluate(&mut instance, component, script).await?;
            check_functions(role, &defined, script)?;
            if engine.0.hints == Hints::Given {
                warn_of_slips(role, &defined, script);
                warn_of_unheard(&defined, script);
            }
            let taken = snapshot::of(engine, &mut instance, component, script).await;
            (Some(defined), taken)
        }
    };
    let loaded = Loaded {
        name: compiled.name.clone(),
        // A plugin that failed a check has no number.
        version: *version.get_or_init(|| engine.0.figures.load()),
        interface,
        functions,
        memory: instance.store.data().memory(),
        repeats_itself,
        lifting,
    };
    let tried = RoleTemplate { template, exports };
    let templates = Templates::new(tried, snapshot, role.find);
    Ok(Plugin { loaded, templates })
}

/// Reads and compiles a plugin.
pub(crate) async fn compile(engine: &Engine, source: Source) -> Result<Compiled, LoadError> {
    let state = engine.0.clone();
    let admit = move |language| check_memory(language, &state);
    Ok(engine.0.code.compile(source, admit).await?)
}

/// Reads and compiles a plugin, and checks it with `load`. A script in portable code has a call's time for the check,
/// by the wall clock. A script whose top level works for longer waits for native code.
pub(crate) async fn compile_and_load<P, F>(
    engine: &Engine,
    source: Source,
    load: impl Fn(Compiled) -> F,
) -> Result<P, LoadError>
where
    F: Future<Output = Result<P, LoadError>>,
{
    let compiled = compile(engine, source).await?;
    match compiled.target {
        Target::Native => load(compiled).await,
        Target::Portable => match timeout(engine.budgets().cpu, load(compiled.clone())).await {
            Ok(loaded) => loaded,
            Err(_) => load(engine.0.code.natively(compiled).await?).await,
        },
    }
}

/// Checks that the interpreter has enough memory: too little is no fault of the script.
fn check_memory(language: Language, engine: &EngineState) -> Result<(), CompileError> {
    let enough = language.least_memory();
    if engine.memory_of(Some(language)) >= enough {
        return Ok(());
    }
    let (name, enough) = (language.name(), bytesize::ByteSize(enough as u64));
    let found = format!(
        "That is too little for the interpreter of {name}; {enough} is enough for a small script"
    );
    Err(CompileError::budget(Budget::Memory, &engine.budgets, found))
}

/// The template of the one instance whose evaluation is logged.
fn aloud(template: &Template) -> Template {
    let mut aloud = template.clone();
    // The instance serves nobody, and shares no state.
    aloud.shared.state = None;
    if let Some((_, voice)) = &mut aloud.shared.evaluation {
        *voice = Voice::Heard;
    }
    aloud
}

fn unseeded(error: getrandom::Error) -> LoadError {
    LoadError::Internal(wasmtime::Error::new(error).context("the system has no random bytes"))
}

/// Makes the interpreter evaluate the script, and returns the functions of the contract that the script defines.
async fn evaluate(
    instance: &mut Instance,
    component: &Component,
    script: &Script,
) -> Result<Vec<String>, LoadError> {
    let broken = |why| LoadError::Type {
        interface: INTERPRETER,
        why,
    };
    let load = abi::find_load(component)
        .ok_or_else(|| broken(wasmtime::format_err!("it is not exported")))?;
    let load = instance
        .function::<(), (Result<Vec<String>, String>,)>(&load)
        .map_err(broken)?;
    let mut entered = instance.enter().map_err(LoadError::Start)?;
    let (defined,) = entered.call(load, ()).await.map_err(LoadError::Start)?;
    if defined.is_ok() {
        entered.check_spent().map_err(LoadError::Start)?;
        entered.succeeds();
    } else {
        drop(entered);
    }
    let state = instance.store.data();
    defined.map_err(|error| match state.stopped(&error) {
        Some(stopped) => LoadError::Start(stopped),
        None => LoadError::Script {
            absent: state.absent(&error),
            language: script.language,
            error,
        },
    })
}

fn check_functions<E>(
    role: &Role<E>,
    defined: &[String],
    script: &Script,
) -> Result<(), LoadError> {
    if defined.iter().any(|name| name == role.needs) {
        return Ok(());
    }
    Err(LoadError::Function {
        role: role.name,
        wanted: role.needs,
        defined: defined.to_vec(),
        meant: script.hints.slips.meant(role.needs).cloned(),
    })
}

/// Slips of one script that the log warns of. People make one or two; it names more once these are corrected.
/// Test: `scripts::loading::a_script_is_warned_of_few_slips_at_a_time`.
const WARNED_OF: usize = 3;

/// Warns of functions that eco would call if they were spelt otherwise. The script loads without them, since they are
/// optional.
fn warn_of_slips<E>(role: &Role<E>, defined: &[String], script: &Script) {
    let may_have = FUNCTIONS
        .iter()
        .filter(|function| role.callers.contains(&function.caller))
        .map(|function| function.contract);
    let missing = may_have.filter(|name| !defined.iter().any(|defined| defined == name));
    let slips = missing.filter_map(|name| script.hints.slips.surely_meant(name));
    for Misspelt { line, wrong, right } in slips.take(WARNED_OF) {
        let name = one_line(&script.name);
        tracing::warn!(
            "{name} has {wrong}, which eco doesn't call; is {right} meant? (line {line})"
        );
    }
}

/// Warns of functions that eco calls for events of topics, in a script that subscribes to none. It is only a warning:
/// they may have another use in the script.
fn warn_of_unheard(defined: &[String], script: &Script) {
    let hears = |name: &str| functions::named(name).is_some_and(|it| it.caller == Caller::Topic);
    if script.hints.speaks_of_subscribing {
        return;
    }
    for own in defined.iter().filter(|name| hears(name)) {
        let name = one_line(&script.name);
        tracing::warn!(
            "{name} has {own}, which eco calls for what others do in a topic; the script never calls subscribe"
        );
    }
}
