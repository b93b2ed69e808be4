//! Inspection of a plugin without serving it, for authors whose plugin isn't served.
//!
//! It runs the checks of `loading` for both roles, and decides nothing by itself.

use crate::client::ClientPlugin;
use crate::engine::Engine;
use crate::error::LoadError;
use crate::imports::Importer;
use crate::linking::{Offer, export_names, importer, module_exports};
use crate::loaded::{Import, Interface, Loaded};
use crate::loading;
use crate::program;
use crate::server::ServerPlugin;
use crate::stdio::ProgramSettings;
use eco_compile::{Code, Language, Source};
use std::time::{Duration, Instant};

/// The findings about a plugin.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The language of a script; `None` for a component.
    pub script: Option<Language>,
    /// Whether it is a core module: a program of WASI preview 1.
    pub is_module: bool,
    /// Bytes of the component, of the core module, or of the script.
    pub size: usize,
    /// The tools that made the component (or the script's interpreter), as they say themselves.
    pub made_with: Vec<String>,
    /// Exports of the core module, or of the component, with the functions of each interface.
    pub exports: Vec<String>,
    /// Imports of the component, or the modules that a core module imports from.
    pub imports: Vec<Import>,
    /// Time of reading and compiling, with the start of a helper program, if one compiled.
    pub compile: Duration,
    /// Whether it can serve, and why not.
    pub server: Result<Fit, LoadError>,
    /// Whether it can be a client, and why not.
    pub client: Result<Fit, LoadError>,
    /// Whether it can run as a program, on either side, and why not. `None` if it is none. A program that is no plugin too
    /// serves as one.
    pub program: Option<Result<Fit, LoadError>>,
}

/// How a plugin fills a role.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fit {
    /// The interface that fills the role.
    pub interface: Interface,
    /// Bytes of memory that an instance has before its first chunk.
    pub memory: usize,
    /// The functions of the contract that a script defines; empty for a component.
    pub functions: Vec<String>,
}

impl Inspection {
    /// Compiles the plugin and tries it out in both roles. For a compile time that means something,
    /// the engine should have no [cache](crate::EngineBuilder::cache).
    ///
    /// # Errors
    /// It can't be read or compiled, so that nothing is known of it.
    ///
    /// # Cancel safety
    /// As [`ServerPlugin::load`].
    pub async fn of(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let before = Instant::now();
        let compiled = loading::compile(engine, source).await?;
        let compile = before.elapsed();
        let script = compiled.script.as_ref().map(|script| script.language);
        let (exports, imports) = match &compiled.code {
            Code::Component(component) => {
                let offer = Offer::new(engine, importer(&compiled, Importer::Server));
                (export_names(component), offer.imported(component))
            }
            Code::Module(module) => (module_exports(module), program::imported(module)),
        };
        let settings = ProgramSettings::default();
        let program = match program::is_program(&compiled.code) {
            true => Some(ServerPlugin::program(engine, compiled.clone(), &settings).await),
            false => None,
        };
        Ok(Self {
            script,
            is_module: matches!(compiled.code, Code::Module(_)),
            size: compiled.size,
            made_with: compiled.made_with.clone(),
            exports,
            imports,
            compile,
            server: ServerPlugin::from_compiled(engine, compiled.clone(), &settings)
                .await
                .map(|plugin| Fit::of(plugin.loaded())),
            program: program.map(|program| program.map(|plugin| Fit::of(plugin.loaded()))),
            client: ClientPlugin::from_compiled(engine, compiled)
                .await
                .map(|plugin| Fit::of(plugin.loaded())),
        })
    }
}

impl Fit {
    fn of(loaded: &Loaded) -> Self {
        Self {
            interface: loaded.interface,
            memory: loaded.memory,
            functions: loaded.functions.clone().unwrap_or_default(),
        }
    }
}
