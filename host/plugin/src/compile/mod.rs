//! Compiling: from a source to a component that can be run, by way of the cache.
//!
//! It owns the order: what was compiled before is mapped; all else is compiled, kept, and mapped. The
//! bytes of a plugin are looked at in `job` alone, which runs in a helper process (`spawn`, `helper`)
//! wherever the engine has one. It must not know what a plugin is wanted for.

mod binary;
mod compiler;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod helper;
mod job;
mod limits;
mod places;
mod settings;
pub(crate) mod snapshot;
mod spawn;
mod wire;

use crate::budget::{Budget, Budgets};
use crate::cache::{Entry, Hash, Key, Kind};
use crate::direct::call as direct;
use crate::engine::{Engine, EngineState};
use crate::error::LoadError;
use crate::load::scan::Scanned;
use crate::load::script::{Interpreter, Language, Script};
use crate::load::source::{Code, Source};
pub use compiler::{Compiler, Program};
pub use helper::run_helper;
use job::{Job, Subject};
use serde::{Deserialize, Serialize};
pub(crate) use settings::{Settings, Work};
pub(crate) use snapshot::Image;
use std::borrow::Cow;
use std::sync::Arc;
use wasmtime::component::Component;

/// A component that was read and compiled, and is not yet wanted for anything.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) name: String,
    /// Bytes of the component, or of the script.
    pub(crate) size: usize,
    pub(crate) component: Component,
    pub(crate) scan: Scanned,
    /// Bytes that the host holds for each instance, beside its memory and its tables.
    pub(crate) held: u64,
    /// The module by itself, where the component is called directly.
    pub(crate) direct: Option<Arc<direct::Module>>,
    pub(crate) script: Option<Script>,
}

/// What is known of a component beside its code. It is kept with the code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Bytes of its binary form.
    size: usize,
    scan: Scanned,
    /// Bytes that the host holds for each instance, beside its memory and its tables.
    held: u64,
    /// Where it is called directly: what its module calls its parts.
    pub(crate) direct: Option<direct::Names>,
}

impl Compiled {
    /// Reads and compiles, within the budgets of that.
    pub(crate) async fn from(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let name = source.name();
        Self::of(engine, name, |budgets| Input::read(source, budgets)).await
    }

    async fn of(
        engine: &Engine,
        name: String,
        read: impl FnOnce(&Budgets) -> Result<Input, LoadError> + Send + 'static,
    ) -> Result<Self, LoadError> {
        let shared = engine.0.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let input = read(&shared.budgets)?;
            let kept = match shared.find(&input).map(|entry| shared.load(&entry)) {
                // It isn't whole, or was compiled on a machine that can do more: it is made anew.
                None | Some(Err(LoadError::Compiler(_))) => None,
                Some(loaded) => Some(loaded?),
            };
            Ok::<_, LoadError>((input, kept))
        });
        let (input, kept) = reading.await.map_err(LoadError::stopped)??;
        let loaded = match kept {
            Some(loaded) => loaded,
            None => anew(engine, &name, &input).await?,
        };
        let script = match input {
            Input::Script(_, script) => Some(script),
            Input::Plugin { .. } | Input::Interpreter(_) | Input::Snapshot(_) => None,
        };
        Ok(Self {
            name,
            size: script
                .as_ref()
                .map_or(loaded.facts.size, |script| script.text.len()),
            component: loaded.component,
            scan: loaded.facts.scan,
            held: loaded.facts.held,
            direct: loaded.direct,
            script,
        })
    }
}

impl Language {
    /// Compiles the interpreter, so that the first script starts as fast as the next ones.
    ///
    /// # Errors
    /// It is not set up, or took longer than the engine's budget for compiling.
    pub async fn warm_up(self, engine: &Engine) -> Result<(), LoadError> {
        let read = move |_: &Budgets| self.interpreter().map(Input::Interpreter);
        let compiled = Compiled::of(engine, self.name().to_owned(), read);
        compiled.await.map(drop)
    }
}

/// What is to be compiled: a plugin's own bytes, or the interpreter of its language.
enum Input {
    Plugin { bytes: Vec<u8>, hash: Hash },
    Script(Interpreter, Script),
    Interpreter(Interpreter),
    Snapshot(Snapshot),
}

/// An interpreter as it is after it has evaluated a script.
pub(crate) struct Snapshot {
    interpreter: Interpreter,
    hash: Hash,
    image: Image,
}

impl Snapshot {
    pub(crate) fn new(script: &Script, image: Image) -> Result<Self, LoadError> {
        let interpreter = script.language.interpreter()?;
        Ok(Self {
            hash: Self::hash(&interpreter, script),
            interpreter,
            image,
        })
    }

    /// Names what such an interpreter makes of such a script.
    fn hash(interpreter: &Interpreter, script: &Script) -> Hash {
        let parts = (interpreter.hash().to_string(), &*script.name, &*script.text);
        Hash::of(&serde_json::to_vec(&parts).unwrap_or_default())
    }

    /// What one of this script was compiled to before, where it was kept.
    pub(crate) async fn kept(engine: &Engine, script: &Arc<Script>) -> Option<Component> {
        let (shared, script) = (engine.0.clone(), script.clone());
        let finding = tokio::task::spawn_blocking(move || {
            let hash = Self::hash(&script.language.interpreter().ok()?, &script);
            let entry = shared
                .cache
                .as_ref()?
                .find(&shared.key(Kind::Snapshot, &hash))?;
            shared.load(&entry).ok()
        });
        Some(finding.await.ok()??.component)
    }

    /// Compiles it.
    pub(crate) async fn compile(self, engine: &Engine, name: &str) -> Result<Component, LoadError> {
        let compiled = Compiled::of(engine, name.to_owned(), |_| Ok(Input::Snapshot(self)));
        compiled.await.map(|compiled| compiled.component)
    }
}

impl Input {
    fn read(source: Source, budgets: &Budgets) -> Result<Self, LoadError> {
        Ok(match source.read(budgets)? {
            Code::Plugin(bytes) => {
                let hash = Hash::of(&bytes);
                Self::Plugin { bytes, hash }
            }
            Code::Script(script) => {
                check_memory(script.language, budgets)?;
                Self::Script(script.language.interpreter()?, script)
            }
        })
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Plugin { .. } => Subject::Plugin,
            Self::Script(..) | Self::Interpreter(_) => Subject::Interpreter,
            Self::Snapshot(snapshot) => Subject::Snapshot(snapshot.image.state.clone()),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Plugin { .. } => Kind::Plugin,
            Self::Script(..) | Self::Interpreter(_) => Kind::Interpreter,
            Self::Snapshot(_) => Kind::Snapshot,
        }
    }

    fn hash(&self) -> &Hash {
        match self {
            Self::Plugin { hash, .. } => hash,
            Self::Script(interpreter, _) | Self::Interpreter(interpreter) => interpreter.hash(),
            Self::Snapshot(snapshot) => &snapshot.hash,
        }
    }

    /// Whether its hash says all that it came from. Otherwise nobody keeps what is made of it.
    fn repeats_itself(&self) -> bool {
        match self {
            Self::Plugin { .. } | Self::Script(..) | Self::Interpreter(_) => true,
            Self::Snapshot(snapshot) => snapshot.image.repeats_itself,
        }
    }

    fn bytes(&self) -> Result<Cow<'_, [u8]>, LoadError> {
        match self {
            Self::Plugin { bytes, .. } => Ok(Cow::Borrowed(bytes)),
            Self::Script(interpreter, _) | Self::Interpreter(interpreter) => interpreter.read(),
            Self::Snapshot(snapshot) => {
                let mut bytes = snapshot.interpreter.read()?.into_owned();
                bytes.extend_from_slice(&snapshot.image.contents);
                Ok(bytes.into())
            }
        }
    }
}

/// What came out of an entry of the cache.
struct Loaded {
    facts: Facts,
    component: Component,
    direct: Option<Arc<direct::Module>>,
}

/// Compiles, and keeps what came of it.
async fn anew(engine: &Engine, name: &str, input: &Input) -> Result<Loaded, LoadError> {
    let shared = &engine.0;
    let job = Job {
        name: name.to_owned(),
        subject: input.subject(),
        settings: shared.settings,
    };
    let bytes = input.bytes()?.into_owned();
    let entry = shared.compiler.compile(job, bytes, &shared.budgets).await?;
    let key = shared.key(input.kind(), input.hash());
    let cache = shared.cache.clone().filter(|_| input.repeats_itself());
    let shared = shared.clone();
    let keeping = tokio::task::spawn_blocking(move || {
        let entry = match cache {
            Some(cache) => cache.keep(&key, entry),
            None => entry,
        };
        shared.load(&entry)
    });
    keeping.await.map_err(LoadError::stopped)?
}

/// What was compiled can't be run by this engine.
fn unusable(error: wasmtime::Error) -> LoadError {
    let text = format!("{error:#}");
    // More parts than an instance has places for; wasmtime has no type for it.
    if text.contains("pooling allocator") {
        LoadError::Complex(error.root_cause().to_string())
    } else {
        LoadError::Compiler(text)
    }
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

    fn load(&self, entry: &Entry) -> Result<Loaded, LoadError> {
        let facts = entry.facts.clone();
        check_size(&facts.scan, &self.budgets)?;
        let component = entry.component(&self.wasmtime).map_err(unusable)?;
        let module = entry.module(&self.wasmtime).map_err(unusable)?;
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

/// An interpreter that has too little memory is no fault of the script.
fn check_memory(language: Language, budgets: &Budgets) -> Result<(), LoadError> {
    let enough = language.least_memory();
    if budgets.memory >= enough {
        return Ok(());
    }
    let (name, enough) = (language.name(), bytesize::ByteSize(enough as u64));
    let found = format!(
        "That is too little for the interpreter of {name}; {enough} is enough for a small script"
    );
    Err(LoadError::budget(Budget::Memory, budgets, found))
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
