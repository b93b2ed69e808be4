//! The code of plugins: found in memory or in the cache, or compiled.
//!
//! It owns the order: code that was compiled before is mapped; any other is compiled, kept, and mapped. Only
//! `compiler::job` looks at the bytes of a plugin, in a process of its own wherever there is a helper for it.

mod compiled;
mod compiling;
mod input;
mod interpreters;
mod loaded;
mod portable;

use crate::budget::Budgets;
use crate::cache::Cache;
use crate::cache::disk::DiskCache;
use crate::cache::entry::Entry;
use crate::cache::hash::Hash;
use crate::cache::name::{Key, Kind};
use crate::compiler::Compiler;
use crate::compiler::image::Image;
use crate::compiler::request::Job;
use crate::compiler::settings::{Settings, Target};
use crate::error::CompileError;
use crate::interpreter::Interpreter;
use crate::script::Script;
use crate::script::languages::Language;
use crate::source::Source;
use crate::total_memory::{CountedComponent, TotalMemory};
pub use compiled::Compiled;
use compiling::Compiling;
use input::Input;
pub use input::Snapshot;
use interpreters::{COMPILES, Interpreters};
use loaded::Loaded;
use portable::PortableEngine;
use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// Compiles plugins for one engine, and keeps their code.
pub struct CodeCache {
    /// Runs the code.
    engine: wasmtime::Engine,
    /// Runs the portable code of interpreters.
    portable: PortableEngine,
    settings: Settings,
    compiler: Compiler,
    budgets: Budgets,
    total_memory: TotalMemory,
    cache: Cache,
    disk: Option<Arc<DiskCache>>,
    /// Compiled interpreters.
    interpreters: Interpreters,
    /// Called with the name of each input that somebody waits for.
    on_compile: fn(&str) -> Box<dyn Any + Send>,
    /// Compilations that go on.
    compiling: Arc<AtomicUsize>,
}

impl CodeCache {
    /// Makes a cache for an engine that runs code of these settings. `total_memory` counts the code. Nothing is kept on
    /// disk.
    ///
    /// A process that was started as a helper, and has forgotten that, ends here (see [`if_helper`](crate::if_helper)).
    pub fn new(
        engine: wasmtime::Engine,
        settings: Settings,
        compiler: Compiler,
        budgets: Budgets,
        total_memory: TotalMemory,
    ) -> Self {
        eco_isolated::end_if_helper();
        Self {
            engine,
            portable: PortableEngine::new(Box::new(|| None)),
            settings,
            compiler,
            budgets,
            total_memory,
            cache: Cache::None,
            disk: None,
            interpreters: Interpreters::default(),
            on_compile: |_| Box::new(()),
            compiling: Arc::default(),
        }
    }

    /// Keeps compiled code on disk.
    ///
    /// # Errors
    /// The caller chose a folder that is not safe to use.
    pub fn kept_in(mut self, cache: Cache) -> io::Result<Self> {
        self.disk = DiskCache::of(&cache)?;
        self.cache = cache;
        Ok(self)
    }

    /// Has scripts begin in portable code where their interpreter isn't compiled yet. `engine` makes the engine for
    /// that code.
    #[must_use]
    pub fn beginning_on(
        mut self,
        engine: impl FnOnce() -> Option<wasmtime::Engine> + Send + 'static,
    ) -> Self {
        self.portable = PortableEngine::new(Box::new(engine));
        self
    }

    /// Calls `on_compile` with the name of each input that somebody waits for, and drops its result when the waiting is
    /// over.
    #[must_use]
    pub fn on_compile(mut self, on_compile: fn(&str) -> Box<dyn Any + Send>) -> Self {
        self.on_compile = on_compile;
        self
    }

    /// Counts the compilations that go on here.
    #[must_use]
    pub fn counting_in(mut self, compiling: Arc<AtomicUsize>) -> Self {
        self.compiling = compiling;
        self
    }

    /// Reads a plugin, and compiles it unless that was done before. `admit` may refuse the language of a script that was
    /// read.
    ///
    /// Cancel safety: dropping the future loses nothing that was done before. A helper that compiles for it is killed. A
    /// compilation in this process goes on in its threads until it is done, and its code is then dropped; so does the
    /// reading of a file.
    ///
    /// # Errors
    /// See [`CompileError`]; and those of `admit`.
    pub async fn compile(
        self: &Arc<Self>,
        source: Source,
        admit: impl FnOnce(Language) -> Result<(), CompileError> + Send + 'static,
    ) -> Result<Compiled, CompileError> {
        let (name, cache) = (source.name(), self.clone());
        let read = move || {
            let input = Input::read(source, &cache.budgets, &cache.cache)?;
            if let Input::Script(_, script) = &input {
                admit(script.language)?;
            }
            Ok(input)
        };
        self.compiled(name, read).await
    }

    /// Compiles the interpreter of a script to this machine's code, and returns the script with it. A component that is
    /// no script is returned as it is.
    ///
    /// # Errors
    /// Its interpreter is not set up, or the compiler failed.
    pub async fn natively(self: &Arc<Self>, compiled: Compiled) -> Result<Compiled, CompileError> {
        let Some(script) = compiled.script.clone() else {
            return Ok(compiled);
        };
        let interpreter = Interpreter::of(script.language, &self.cache)?;
        let input = Input::Script(interpreter, script);
        let loaded = self.anew(&compiled.name, Arc::new(input)).await?;
        Ok(Compiled {
            code: loaded.code,
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

    /// Compiles an interpreter to this machine's code while nobody waits.
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
        let cache = self.clone();
        let read = move || {
            let interpreter = Interpreter::of(language, &cache.cache)?;
            Ok(Input::Interpreter {
                interpreter,
                is_awaited,
            })
        };
        self.component(language.name().to_owned(), read).await
    }

    /// The code of a snapshot of this script, if it was compiled before and kept.
    pub async fn kept_snapshot(self: &Arc<Self>, script: &Arc<Script>) -> Option<CountedComponent> {
        let (cache, script) = (self.clone(), script.clone());
        let finding = tokio::task::spawn_blocking(move || {
            let interpreter = Interpreter::of(script.language, &cache.cache).ok()?;
            let hash = Snapshot::hash(&interpreter, &script);
            let key = cache.key(Kind::Snapshot, &hash);
            let entry = cache.disk.as_ref()?.find(&key)?;
            cache.load(&entry, Kind::Snapshot).ok()
        });
        finding.await.ok()??.component().ok()
    }

    /// Makes a snapshot from an instance that was read after it evaluated this script.
    ///
    /// # Errors
    /// The interpreter is no longer set up.
    pub fn snapshot(&self, script: &Script, image: Image) -> Result<Snapshot, CompileError> {
        let interpreter = Interpreter::of(script.language, &self.cache)?;
        Ok(Snapshot::new(interpreter, script, image))
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
        self.component(name.to_owned(), read).await
    }

    /// Compiles something of eco's own.
    async fn component(
        self: &Arc<Self>,
        name: String,
        read: impl FnOnce() -> Result<Input, CompileError> + Send + 'static,
    ) -> Result<CountedComponent, CompileError> {
        let (_, loaded, _) = self.loaded(&name, read).await?;
        loaded.component()
    }

    async fn compiled(
        self: &Arc<Self>,
        name: String,
        read: impl FnOnce() -> Result<Input, CompileError> + Send + 'static,
    ) -> Result<Compiled, CompileError> {
        let (input, loaded, target) = self.loaded(&name, read).await?;
        let script = match &*input {
            Input::Script(_, script) => Some(script.clone()),
            Input::Plugin { .. } | Input::Interpreter { .. } | Input::Snapshot(_) => None,
        };
        let Loaded {
            facts,
            code,
            module,
        } = loaded;
        Ok(Compiled {
            name,
            target,
            size: script
                .as_ref()
                .map_or(facts.size, |script| script.text.len()),
            code,
            post_return: facts.scan.post_return,
            made_with: facts.scan.made_with,
            held: facts.held,
            copied: facts.copied,
            direct: module.zip(facts.direct),
            script,
        })
    }

    /// Finds the code of an input, or makes it.
    async fn loaded(
        self: &Arc<Self>,
        name: &str,
        read: impl FnOnce() -> Result<Input, CompileError> + Send + 'static,
    ) -> Result<(Arc<Input>, Loaded, Target), CompileError> {
        let cache = self.clone();
        let reading = aside(move || {
            let input = read()?;
            let found = match (cache.kept(&input)?, &input) {
                (Some(loaded), _) => Some((loaded, Target::Native)),
                // Its engine is made only for an interpreter that has such code.
                (None, Input::Script(interpreter, _)) if interpreter.portable().is_some() => cache
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
            None => (self.anew(name, input.clone()).await?, Target::Native),
        };
        Ok((input, loaded, target))
    }

    /// Compiles an input, and keeps its code.
    async fn anew(self: &Arc<Self>, name: &str, input: Arc<Input>) -> Result<Loaded, CompileError> {
        let _shown = input.awaited(name).map(|what| (self.on_compile)(&what));
        let _alone = match input.kind() {
            Kind::Plugin | Kind::Snapshot => None,
            Kind::Interpreter => {
                let alone = COMPILES.lock().await;
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
        let entry = {
            let _counted = Compiling::begin(&self.compiling);
            self.compiler.compile(job, bytes, &self.budgets).await?
        };
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

    /// Names the code that this engine needs, by the compiler's version, the settings, and the kind and hash of the
    /// input.
    fn key(&self, kind: Kind, hash: &Hash) -> Key {
        let how = (
            self.compiler.version(),
            self.settings,
            kind,
            hash.to_string(),
        );
        // Serializing such plain data never fails.
        let hash = Hash::of(&serde_json::to_vec(&how).unwrap_or_default());
        Key { kind, hash }
    }

    /// Code that was compiled before, in memory or on disk.
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
            // The code is damaged, or was compiled on a machine that can do more: it is compiled anew.
            None | Some(Err(CompileError::Internal(_))) => Ok(None),
            Some(loaded) => loaded.map(Some),
        }
    }

    fn load(&self, entry: &Entry, kind: Kind) -> Result<Loaded, CompileError> {
        Loaded::read(entry, kind, &self.engine, &self.budgets, &self.total_memory)
    }
}

/// Runs work that reads files, or goes through many bytes, in a thread that serves nobody.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CompileError> + Send + 'static,
) -> Result<T, CompileError> {
    let working = tokio::task::spawn_blocking(work);
    working.await.map_err(CompileError::stopped)?
}
