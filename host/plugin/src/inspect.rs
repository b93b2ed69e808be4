//! What a plugin is, without serving it: for authors who want to know why it isn't served.
//!
//! It runs the checks of `load` for both roles, and decides nothing by itself.

use super::compile::Compiled;
use super::engine::Engine;
use super::error::LoadError;
use super::load;
use super::loaded::{Import, Kind, Plugin, Role};
use super::script::Language;
use super::source::Source;
use std::time::{Duration, Instant};

/// What is known of a plugin.
#[derive(Debug)]
pub struct Inspection {
    /// The language of a script; `None` for a component.
    pub script: Option<Language>,
    /// Bytes of the component, or of the script.
    pub size: usize,
    /// The tools that made the component (or the script's interpreter), as they say themselves.
    pub made_with: Vec<String>,
    /// What the component exports, with the functions of each interface.
    pub exports: Vec<String>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// How long reading and compiling took, with the start of a helper, if one did it.
    pub compile: Duration,
    /// Whether it can serve, and why not.
    pub server: Result<Fit, LoadError>,
    /// Whether it can be a client, and why not.
    pub client: Result<Fit, LoadError>,
}

/// How a plugin fills a role.
#[derive(Debug)]
pub struct Fit {
    /// By which interface.
    pub kind: Kind,
    /// Bytes of memory that an instance has before its first chunk.
    pub memory: usize,
    /// The functions of the contract that a script defines; empty for a component.
    pub functions: Vec<String>,
}

impl Inspection {
    /// Compiles the plugin and tries it out in both roles. For a compile time that means something,
    /// the engine should be [uncached](Engine::uncached).
    ///
    /// # Errors
    /// It can't be read or compiled, so that nothing is known of it.
    pub async fn of(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let before = Instant::now();
        let compiled = Compiled::from(engine, source).await?;
        let compile = before.elapsed();
        let script = compiled.script.as_ref().map(|script| script.language);
        let component = &compiled.component;
        Ok(Self {
            script,
            size: compiled.size,
            made_with: compiled.survey.made_with.clone(),
            exports: load::export_names(component, &engine.0),
            imports: load::imports(component, &engine.0, script.is_some()),
            compile,
            server: fit(engine, &compiled, Role::Server).await,
            client: fit(engine, &compiled, Role::Client).await,
        })
    }
}

async fn fit(engine: &Engine, compiled: &Compiled, role: Role) -> Result<Fit, LoadError> {
    let plugin = Plugin::from_compiled(engine, compiled.clone(), role).await?;
    Ok(Fit {
        kind: plugin.0.kind,
        memory: plugin.0.memory,
        functions: plugin.0.functions.clone(),
    })
}
