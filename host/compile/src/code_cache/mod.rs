//! The code of plugins: found in memory or in the cache, or compiled.
//!
//! It owns the order: what was compiled before is mapped; all else is compiled, kept, and mapped. The bytes of a plugin
//! are looked at in `compiler::job` alone, which runs in a process of its own wherever there is a helper for it. It must
//! not know what a plugin is wanted for.

mod input;
mod interpreters;
mod loaded;
mod portable;

use crate::budget::Budgets;
use crate::cache::Users;
use crate::cache::disk::{DiskCache, Key, Kind};
use crate::cache::entry::Entry;
use crate::cache::hash::Hash;
use crate::compiler::Compiler;
use crate::compiler::job::Job;
use crate::compiler::settings::{Settings, Target};
use crate::error::CompileError;
use crate::facts::DirectNames;
use crate::interpreter::Interpreter;
use crate::script::Script;
use crate::script::languages::Language;
use crate::source::Source;
use crate::total_memory::{CountedComponent, TotalMemory};
use input::Input;
pub use input::Snapshot;
use interpreters::Interpreters;
use loaded::Loaded;
use std::any::Any;
use std::sync::{Arc, LazyLock};
use tokio::sync::Mutex;

/// A component that was read and compiled, and is not yet wanted for anything.
#[derive(Clone)]
pub struct Compiled {
    /// For messages.
    pub name: String,
    /// Bytes of the component, or of the script.
    pub size: usize,
    /// Its code.
    pub component: CountedComponent,
    /// Whether what its functions return must be copied before the host may look at it.
    pub post_return: bool,
    /// The tools that made it, as they say themselves.
    pub made_with: Vec<String>,
    /// Bytes that the host holds for each instance, beside its memory and its tables.
    pub held: u64,
    /// Pages of memory into which data is copied for each instance.
    pub copied: u64,
    /// The module by itself, where the component is called directly, and what it calls its parts.
    pub direct: Option<(wasmtime::Module, DirectNames)>,
    /// The script, where the component is its interpreter.
    pub script: Option<Arc<Script>>,
    /// What its code is for.
    pub target: Target,
}

/// Makes an engine for portable code when that is first wanted. `None` where it can't be.
type PortableEngine =
    LazyLock<Option<wasmtime::Engine>, Box<dyn FnOnce() -> Option<wasmtime::Engine> + Send>>;

/// Compiles plugins for one engine, and keeps what came of it.
pub struct CodeCache {
    /// Runs the code.
    engine: wasmtime::Engine,
    /// Runs the portable code of interpreters.
    portable: PortableEngine,
    settings: Settings,
    compiler: Compiler,
    budgets: Budgets,
    total_memory: TotalMemory,
    disk: Option<Arc<DiskCache>>,
    /// Interpreters that are compiled.
    interpreters: Interpreters,
    /// Is told what is compiled while somebody waits.
    on_compile: fn(&str) -> Box<dyn Any + Send>,
}

impl CodeCache {
    /// For an engine that runs code of these settings, and counts what that takes. It keeps nothing on disk.
    pub fn new(
        engine: wasmtime::Engine,
        settings: Settings,
        compiler: Compiler,
        budgets: Budgets,
        total_memory: TotalMemory,
    ) -> Self {
        Self {
            engine,
            portable: LazyLock::new(Box::new(|| None)),
            settings,
            compiler,
            budgets,
            total_memory,
            disk: None,
            interpreters: Interpreters::default(),
            on_compile: |_| Box::new(()),
        }
    }

    /// Keeps what it compiles for these users. What is there for all is found by everybody.
    #[must_use]
    pub fn kept_for(mut self, users: Users) -> Self {
        self.disk = match users {
            Users::This => DiskCache::of_user(),
            Users::All => DiskCache::of_all_users(),
        };
        self
    }

    /// Has scripts begin in portable code, on the engine that this makes, where their interpreter isn't compiled yet.
    #[must_use]
    pub fn beginning_on(
        mut self,
        engine: impl FnOnce() -> Option<wasmtime::Engine> + Send + 'static,
    ) -> Self {
        self.portable = LazyLock::new(Box::new(engine));
        self
    }

    /// Is told what is compiled whenever somebody waits for that; what it gives is dropped when the waiting is over.
    #[must_use]
    pub fn on_compile(mut self, on_compile: fn(&str) -> Box<dyn Any + Send>) -> Self {
        self.on_compile = on_compile;
        self
    }

    /// Reads a plugin, and compiles it unless that was done before.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub async fn compile(self: &Arc<Self>, source: Source) -> Result<Compiled, CompileError> {
        let (name, budgets) = (source.name(), self.budgets.clone());
        self.compiled(name, move || Input::read(source, &budgets))
            .await
    }

    /// The same script with its interpreter in this machine's code.
    ///
    /// # Errors
    /// Its interpreter is not set up, or the compiler failed.
    pub async fn natively(self: &Arc<Self>, compiled: Compiled) -> Result<Compiled, CompileError> {
        let Some(script) = compiled.script.clone() else {
            return Ok(compiled);
        };
        let input = Input::Script(Interpreter::of(script.language)?, script);
        let loaded = self.anew(&compiled.name, Arc::new(input)).await?;
        Ok(Compiled {
            component: loaded.component,
            post_return: loaded.facts.scan.post_return,
            held: loaded.facts.held,
            copied: loaded.facts.copied,
            target: Target::Native,
            ..compiled
        })
    }

    /// Compiles an interpreter while somebody waits, so that the first script starts as fast as the next ones.
    ///
    /// # Errors
    /// It is not set up, or the compiler failed.
    pub async fn warm_up(self: &Arc<Self>, language: Language) -> Result<(), CompileError> {
        self.interpreter(language, true).await.map(drop)
    }

    /// An interpreter in this machine's code, for which nobody waits.
    ///
    /// # Errors
    /// It is not set up, or the compiler failed.
    pub async fn in_background(
        self: &Arc<Self>,
        language: Language,
    ) -> Result<CountedComponent, CompileError> {
        self.interpreter(language, false).await
    }

    async fn interpreter(
        self: &Arc<Self>,
        language: Language,
        is_awaited: bool,
    ) -> Result<CountedComponent, CompileError> {
        let read = move || {
            let interpreter = Interpreter::of(language)?;
            Ok(Input::Interpreter {
                interpreter,
                is_awaited,
            })
        };
        let compiled = self.compiled(language.name().to_owned(), read).await;
        compiled.map(|compiled| compiled.component)
    }

    /// What a snapshot of this script was compiled to before, where that was kept.
    pub async fn kept_snapshot(self: &Arc<Self>, script: &Arc<Script>) -> Option<CountedComponent> {
        let (cache, script) = (self.clone(), script.clone());
        let finding = tokio::task::spawn_blocking(move || {
            let hash = Snapshot::hash(&Interpreter::of(script.language).ok()?, &script);
            let key = cache.key(Kind::Snapshot, &hash);
            let entry = cache.disk.as_ref()?.find(&key)?;
            cache.load(&entry, Kind::Snapshot).ok()
        });
        Some(finding.await.ok()??.component)
    }

    /// Compiles a snapshot.
    ///
    /// # Errors
    /// The compiler failed, or there is no room for the code.
    pub async fn compile_snapshot(
        self: &Arc<Self>,
        snapshot: Snapshot,
        name: &str,
    ) -> Result<CountedComponent, CompileError> {
        let read = || Ok(Input::Snapshot(snapshot));
        let compiled = self.compiled(name.to_owned(), read).await;
        compiled.map(|compiled| compiled.component)
    }

    async fn compiled(
        self: &Arc<Self>,
        name: String,
        read: impl FnOnce() -> Result<Input, CompileError> + Send + 'static,
    ) -> Result<Compiled, CompileError> {
        let cache = self.clone();
        let reading = aside(move || {
            let input = read()?;
            let found = match (cache.kept(&input)?, &input) {
                (Some(loaded), _) => Some((loaded, Target::Native)),
                (None, Input::Script(interpreter, _)) => cache
                    .portable
                    .as_ref()
                    .and_then(|engine| portable::load(engine, &cache.total_memory, interpreter))
                    .map(|loaded| (loaded, Target::Portable)),
                (None, _) => None,
            };
            Ok((Arc::new(input), found))
        });
        let (input, found) = reading.await?;
        let (loaded, target) = match found {
            Some(found) => found,
            None => (self.anew(&name, input.clone()).await?, Target::Native),
        };
        let script = match &*input {
            Input::Script(_, script) => Some(script.clone()),
            Input::Plugin { .. } | Input::Interpreter { .. } | Input::Snapshot(_) => None,
        };
        let Loaded {
            facts,
            component,
            module,
        } = loaded;
        Ok(Compiled {
            name,
            target,
            size: script
                .as_ref()
                .map_or(facts.size, |script| script.text.len()),
            component,
            post_return: facts.scan.post_return,
            made_with: facts.scan.made_with,
            held: facts.held,
            copied: facts.copied,
            direct: module.zip(facts.direct),
            script,
        })
    }

    /// Compiles, and keeps what came of it.
    async fn anew(self: &Arc<Self>, name: &str, input: Arc<Input>) -> Result<Loaded, CompileError> {
        let _shown = input.awaited(name).map(|what| (self.on_compile)(&what));
        let _alone = match input.kind() {
            Kind::Plugin | Kind::Snapshot => None,
            Kind::Interpreter => {
                let alone = INTERPRETERS.lock().await;
                let (cache, input) = (self.clone(), input.clone());
                if let Some(loaded) = aside(move || cache.kept(&input)).await? {
                    return Ok(loaded);
                }
                Some(alone)
            }
        };
        let job = Job {
            name: name.to_owned(),
            subject: input.subject(),
            settings: self.settings,
            priority: input.priority(),
        };
        let read = input.clone();
        let bytes = aside(move || Ok(read.bytes()?.into_owned())).await?;
        let entry = self.compiler.compile(job, bytes, &self.budgets).await?;
        let cache = self.clone();
        aside(move || {
            let (kind, hash) = (input.kind(), input.hash());
            let entry = match cache.disk.as_ref().filter(|_| input.repeats_itself()) {
                Some(disk) => disk.keep(&cache.key(kind, hash), entry),
                None => entry,
            };
            let loaded = cache.load(&entry, kind)?;
            if kind == Kind::Interpreter {
                cache.interpreters.keep(hash, &loaded);
            }
            Ok(loaded)
        })
        .await
    }

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

    /// What was compiled before.
    fn kept(&self, input: &Input) -> Result<Option<Loaded>, CompileError> {
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

    fn kept_on_disk(&self, input: &Input) -> Result<Option<Loaded>, CompileError> {
        let disk = self.disk.as_ref().filter(|_| input.repeats_itself());
        let found = disk.and_then(|disk| disk.find(&self.key(input.kind(), input.hash())));
        match found.map(|entry| self.load(&entry, input.kind())) {
            // It isn't whole, or was compiled on a machine that can do more: it is made anew.
            None | Some(Err(CompileError::Internal(_))) => Ok(None),
            Some(loaded) => loaded.map(Some),
        }
    }

    fn load(&self, entry: &Entry, kind: Kind) -> Result<Loaded, CompileError> {
        Loaded::read(entry, kind, &self.engine, &self.budgets, &self.total_memory)
    }
}

/// Interpreters are compiled one at a time: whoever comes for one that is being compiled finds it kept.
static INTERPRETERS: Mutex<()> = Mutex::const_new(());

/// Does what reads files, or goes through many bytes, in a thread that serves nobody.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CompileError> + Send + 'static,
) -> Result<T, CompileError> {
    let working = tokio::task::spawn_blocking(work);
    working.await.map_err(CompileError::stopped)?
}
