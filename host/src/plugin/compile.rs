//! Compiling: from a source to machine code, within budgets.
//!
//! It owns what is refused before it is compiled. It must not know what a plugin is wanted for.

use super::budget::{Budget, Budgets};
use super::engine::{Engine, Shared};
use super::error::LoadError;
use super::script::{Language, Script};
use super::shape::shape;
use super::source::{Code, Source};
use super::straight;
use super::survey::{Survey, survey};
use std::borrow::Cow;
use std::sync::Arc;
use wasmtime::component::Component;

/// A component that was read and compiled, and is not yet wanted for anything.
#[derive(Clone)]
pub(super) struct Compiled {
    pub(super) name: String,
    /// Bytes of the component, or of the script.
    pub(super) size: usize,
    pub(super) component: Component,
    pub(super) survey: Survey,
    /// The module by itself, where the component is straight.
    pub(super) straight: Option<Arc<straight::Compiled>>,
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
                let found = "It was not compiled by then; a busy machine may need longer.";
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

fn compile(engine: &Shared, source: Source) -> Result<Compiled, LoadError> {
    let name = source.name();
    let (binary, script) = match source.read(&engine.budgets)? {
        Code::Component(binary) => (Cow::Owned(binary), None),
        Code::Script(script) => (script.language.interpreter()?, Some(script)),
    };
    let survey = match script {
        // An interpreter is eco's own, and large: reading it again would only take time.
        Some(_) => Survey {
            post_return: true,
            ..Survey::default()
        },
        None => survey(&binary).map_err(|error| LoadError::Invalid(error.to_string()))?,
    };
    check_size(&survey, &engine.budgets)?;
    let component = Component::from_binary(&engine.wasmtime, &binary).map_err(|error| {
        let text = format!("{error:#}");
        // More parts than an instance has places for; wasmtime has no type for it.
        match text.contains("pooling allocator") {
            true => LoadError::Complex(error.root_cause().to_string()),
            false => LoadError::Invalid(text),
        }
    })?;
    let straight = match script {
        Some(_) => None,
        None => shape(&binary).map_err(|error| LoadError::Invalid(error.to_string()))?,
    };
    let straight = straight.map(|shape| straight::Compiled::new(engine, &shape).map(Arc::new));
    Ok(Compiled {
        name,
        size: script
            .as_ref()
            .map_or(binary.len(), |script| script.text.len()),
        component,
        survey,
        straight: straight.transpose()?,
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
