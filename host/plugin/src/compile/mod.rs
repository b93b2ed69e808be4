//! Compiling: from a source to a component that can be run, by way of the cache.
//!
//! It owns the order: what was compiled before is mapped; all else is compiled, kept, and mapped. The
//! bytes of a plugin are looked at in `job` alone, which runs in a process of its own (`helper`)
//! wherever the engine has one. It must not know what a plugin is wanted for.

mod binary;
mod compiler;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod helper;
mod input;
mod interpreters;
mod job;
mod portable;
mod settings;
pub(crate) mod snapshot;

use crate::budget::{Budget, Budgets};
use crate::cache::{Entry, Hash, Key, Kind};
use crate::direct::call as direct;
use crate::engine::{CountedComponent, Engine, EngineState};
use crate::error::LoadError;
use crate::load::scan::Scanned;
use crate::load::script::{Language, Script};
use crate::load::source::Source;
pub use compiler::Compiler;
pub use eco_isolated::Program;
pub use helper::run_helper;
use input::Input;
pub(crate) use input::Snapshot;
pub(crate) use interpreters::Interpreters;
pub(crate) use job::HELD;
use job::Job;
use serde::{Deserialize, Serialize};
pub(crate) use settings::{Settings, Target, WHOLE_MEMORY, Work};
pub(crate) use snapshot::Image;
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::Mutex;
use wasmtime::Module;
use wasmtime::component::Component;

/// A component that was read and compiled, and is not yet wanted for anything.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) name: String,
    /// Bytes of the component, or of the script.
    pub(crate) size: usize,
    pub(crate) component: CountedComponent,
    pub(crate) scan: Scanned,
    /// Bytes that the host holds for each instance, beside its memory and its tables.
    pub(crate) held: u64,
    /// Pages of memory into which data is copied for each instance.
    pub(crate) copied: u64,
    /// The module by itself, where the component is called directly.
    pub(crate) direct: Option<Arc<direct::Module>>,
    pub(crate) script: Option<Script>,
    /// What its code is for.
    pub(crate) target: Target,
}

/// What is known of a component beside its code. It is kept with the code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Bytes of its binary form.
    size: usize,
    scan: Scanned,
    /// Bytes that the host holds for each instance, beside its memory and its tables.
    held: u64,
    /// Pages of memory into which data is copied for each instance.
    copied: u64,
    /// Where it is called directly: what its module calls its parts.
    pub(crate) direct: Option<direct::Names>,
}

impl Compiled {
    /// Reads and compiles, within the budgets of that.
    pub(crate) async fn from(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let name = source.name();
        Self::of(engine, name, |engine| Input::read(source, engine)).await
    }

    async fn of(
        engine: &Engine,
        name: String,
        read: impl FnOnce(&EngineState) -> Result<Input, LoadError> + Send + 'static,
    ) -> Result<Self, LoadError> {
        let shared = engine.0.clone();
        let reading = aside(move || {
            let input = read(&shared)?;
            let found = match (shared.kept(&input)?, &input) {
                (Some(loaded), _) => Some((loaded, Target::Native)),
                (None, Input::Script(interpreter, _)) => {
                    portable::load(&shared, interpreter).map(|loaded| (loaded, Target::Portable))
                }
                (None, _) => None,
            };
            Ok((Arc::new(input), found))
        });
        let (input, found) = reading.await?;
        let (loaded, target) = match found {
            Some(found) => found,
            None => (anew(engine, &name, input.clone()).await?, Target::Native),
        };
        let script = match &*input {
            Input::Script(_, script) => Some(script.clone()),
            Input::Plugin { .. } | Input::Interpreter { .. } | Input::Snapshot(_) => None,
        };
        Ok(Self {
            name,
            target,
            size: script
                .as_ref()
                .map_or(loaded.facts.size, |script| script.text.len()),
            component: loaded.component,
            scan: loaded.facts.scan,
            held: loaded.facts.held,
            copied: loaded.facts.copied,
            direct: loaded.direct,
            script,
        })
    }
}

impl Compiled {
    /// The same script with its interpreter in this machine's code.
    pub(crate) async fn natively(self, engine: &Engine) -> Result<Self, LoadError> {
        let Some(script) = self.script.clone() else {
            return Ok(self);
        };
        let input = Input::Script(script.language.interpreter()?, script);
        let loaded = anew(engine, &self.name, Arc::new(input)).await?;
        Ok(Self {
            component: loaded.component,
            scan: loaded.facts.scan,
            held: loaded.facts.held,
            copied: loaded.facts.copied,
            target: Target::Native,
            ..self
        })
    }
}

impl Language {
    /// Compiles the interpreter, so that the first script starts as fast as the next ones.
    ///
    /// # Errors
    /// It is not set up, or the compiler failed.
    pub async fn warm_up(self, engine: &Engine) -> Result<(), LoadError> {
        self.compile(engine, true).await.map(drop)
    }

    /// The interpreter in this machine's code, when nobody waits for it.
    pub(crate) async fn compile_in_background(
        self,
        engine: &Engine,
    ) -> Result<CountedComponent, LoadError> {
        self.compile(engine, false).await
    }

    async fn compile(
        self,
        engine: &Engine,
        is_awaited: bool,
    ) -> Result<CountedComponent, LoadError> {
        let read = move |_: &EngineState| {
            let interpreter = self.interpreter()?;
            Ok(Input::Interpreter {
                interpreter,
                is_awaited,
            })
        };
        let compiled = Compiled::of(engine, self.name().to_owned(), read);
        compiled.await.map(|compiled| compiled.component)
    }
}

/// What came out of an entry of the cache.
#[derive(Clone)]
struct Loaded {
    facts: Facts,
    component: CountedComponent,
    direct: Option<Arc<direct::Module>>,
}

/// Interpreters are compiled one at a time: whoever comes for one that is being compiled finds it kept.
static INTERPRETERS: Mutex<()> = Mutex::const_new(());

/// Does what reads files, or goes through many bytes, in a thread that serves nobody.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    let working = tokio::task::spawn_blocking(work);
    working.await.map_err(LoadError::stopped)?
}

/// Compiles, and keeps what came of it.
async fn anew(engine: &Engine, name: &str, input: Arc<Input>) -> Result<Loaded, LoadError> {
    let shared = &engine.0;
    let _shown = input.awaited(name).map(|what| (shared.on_compile)(&what));
    let _alone = match input.kind() {
        Kind::Plugin | Kind::Snapshot => None,
        Kind::Interpreter => {
            let alone = INTERPRETERS.lock().await;
            let (shared, input) = (shared.clone(), input.clone());
            if let Some(loaded) = aside(move || shared.kept(&input)).await? {
                return Ok(loaded);
            }
            Some(alone)
        }
    };
    let job = Job {
        name: name.to_owned(),
        subject: input.subject(),
        settings: shared.settings,
        priority: input.priority(),
    };
    let read = input.clone();
    let bytes = aside(move || Ok(read.bytes()?.into_owned())).await?;
    let entry = shared.compiler.compile(job, bytes, &shared.budgets).await?;
    let key = shared.key(input.kind(), input.hash());
    let cache = shared.cache.clone().filter(|_| input.repeats_itself());
    let (shared, kind, hash) = (shared.clone(), input.kind(), input.hash().clone());
    aside(move || {
        let entry = match cache {
            Some(cache) => cache.keep(&key, entry),
            None => entry,
        };
        let loaded = shared.load(&entry, kind)?;
        if kind == Kind::Interpreter {
            shared.interpreters.keep(&hash, &loaded);
        }
        Ok(loaded)
    })
    .await
}

/// What was compiled can't be run by this engine.
fn unusable(error: wasmtime::Error) -> LoadError {
    LoadError::Compiler(format!("{error:#}"))
}

impl EngineState {
    /// Names the code that this engine needs: by the hash of what it is made of, who compiles that, and how.
    fn key(&self, kind: Kind, hash: &Hash) -> Key {
        let how = (
            self.compiler.version(),
            self.settings,
            kind,
            hash.to_string(),
        );
        // Such plain data can always be written.
        let hash = Hash::of(&serde_json::to_vec(&how).unwrap_or_default());
        Key { kind, hash }
    }

    fn find(&self, input: &Input) -> Option<Entry> {
        let cache = self.cache.as_ref().filter(|_| input.repeats_itself());
        cache?.find(&self.key(input.kind(), input.hash()))
    }

    /// What was compiled before.
    fn kept(&self, input: &Input) -> Result<Option<Loaded>, LoadError> {
        if input.kind() != Kind::Interpreter {
            return self.kept_on_disk(input);
        }
        if let Some(loaded) = self.interpreters.find(input.hash()) {
            return Ok(Some(loaded));
        }
        let loaded = self.kept_on_disk(input)?;
        if let Some(loaded) = &loaded {
            self.interpreters.keep(input.hash(), loaded);
        }
        Ok(loaded)
    }

    fn kept_on_disk(&self, input: &Input) -> Result<Option<Loaded>, LoadError> {
        match self
            .find(input)
            .map(|entry| self.load(&entry, input.kind()))
        {
            // It isn't whole, or was compiled on a machine that can do more: it is made anew.
            None | Some(Err(LoadError::Compiler(_))) => Ok(None),
            Some(loaded) => loaded.map(Some),
        }
    }

    fn load(&self, entry: &Entry, kind: Kind) -> Result<Loaded, LoadError> {
        let facts = entry.facts.clone();
        match kind {
            Kind::Plugin | Kind::Snapshot => check_size(&facts.scan, &self.budgets)?,
            // What it needs is known, and `check_memory` asks for it.
            Kind::Interpreter => {}
        }
        let component = entry.component(&self.wasmtime).map_err(unusable)?;
        let module = entry.module(&self.wasmtime).map_err(unusable)?;
        let component = self.count(component, module.as_ref())?;
        let direct = match (&facts.direct, module) {
            (Some(names), Some(module)) => {
                let compiled = direct::Module::new(self, &module, names.clone());
                Some(Arc::new(compiled.map_err(unusable)?))
            }
            _ => None,
        };
        Ok(Loaded {
            facts,
            component,
            direct,
        })
    }
}

impl EngineState {
    /// Counts what was loaded of a plugin: its code with all that wasmtime keeps beside it, mapped or copied, and its
    /// module's.
    /// Test: `bounds::the_code_of_a_plugin_counts_with_the_memory_of_its_instances`.
    fn count(
        &self,
        component: Component,
        module: Option<&Module>,
    ) -> Result<CountedComponent, LoadError> {
        let length = |image: Range<*const u8>| image.end.addr().saturating_sub(image.start.addr());
        let code = length(component.image_range());
        let code = code.saturating_add(module.map_or(0, |module| length(module.image_range())));
        let counted = self.reserve(code).map_err(|budget| {
            let code = bytesize::ByteSize(code as u64);
            LoadError::budget(
                budget,
                &self.budgets,
                format!("What it is compiled to takes {code}."),
            )
        })?;
        Ok(CountedComponent {
            component,
            counted: Arc::new(counted),
        })
    }
}

/// An interpreter that has too little memory is no fault of the script.
fn check_memory(language: Language, engine: &EngineState) -> Result<(), LoadError> {
    let enough = language.least_memory();
    if engine.memory_of(Some(language)) >= enough {
        return Ok(());
    }
    let (name, enough) = (language.name(), bytesize::ByteSize(enough as u64));
    let found = format!(
        "That is too little for the interpreter of {name}; {enough} is enough for a small script"
    );
    Err(LoadError::budget(Budget::Memory, &engine.budgets, found))
}

/// What a plugin declares from the start is held against the budgets before it is started.
fn check_size(scan: &Scanned, budgets: &Budgets) -> Result<(), LoadError> {
    if scan.memory > budgets.memory as u64 {
        let found = format!("It declares a memory of {} bytes.", scan.memory);
        return Err(LoadError::budget(Budget::Memory, budgets, found));
    }
    if scan.table > budgets.table as u64 {
        let found = format!("It declares or fills a table of {} elements.", scan.table);
        return Err(LoadError::budget(Budget::Table, budgets, found));
    }
    Ok(())
}
