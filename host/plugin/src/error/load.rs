//! What goes wrong before a plugin runs.

use super::running::Error;
use crate::imports;
use eco_compile::{Absent, CompileError, Language, Misspelt};
use eco_text::escape::{Escaped, one_line};
use std::fmt;

/// An engine could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The machine has no address space left for the pool, or a budget is out of what wasmtime can do.
    #[error("{0}")]
    Sandbox(String),
    /// There is no thread for its clock.
    #[error("cannot start the clock: {0}")]
    Clock(std::io::Error),
}

/// A plugin could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It could not be read or compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A script has a syntax error, or fails as it is evaluated.
    #[error("the script does not load\n  {}{}", Escaped(.error.as_bytes()), below(.absent.as_ref()))]
    Script {
        /// What the interpreter says, with the line.
        error: String,
        /// What it misses, where eco doesn't have that.
        absent: Option<Absent>,
        /// The script's language.
        language: Language,
    },
    /// A script defines none of the functions that eco would call.
    #[error("it has no function `{wanted}`, which a {role} needs\n  functions for eco: {}{}", list(.defined), slip(.meant.as_ref()))]
    Function {
        /// What it was wanted for.
        role: &'static str,
        /// What must be there.
        wanted: &'static str,
        /// Which functions of the contract there are.
        defined: Vec<String>,
        /// The one that was most likely meant to be it.
        meant: Option<Misspelt>,
    },
    /// It imports what eco doesn't offer.
    #[error("it imports what eco does not offer: {}\neco offers {}. Build it without these: Rust for wasm32-unknown-unknown, JavaScript with componentize-js -d http -d fetch-event.", one_line(Listed(.0)), imports::offered_text())]
    Import(Vec<String>),
    /// It exports no interface that eco could use.
    #[error(
        "it exports nothing that eco can use as a {role}\n  expected: {expected}\n  exports:  {}",
        list(exports)
    )]
    Export {
        /// What it was wanted for.
        role: &'static str,
        /// What would have done.
        expected: &'static str,
        /// What there is.
        exports: Vec<String>,
    },
    /// It exports the right name with another type.
    #[error(
        "the types of {interface} are not those of its WIT: {}\nBuild the plugin against the WIT files of this version.", one_line(.why)
    )]
    Type {
        /// The interface.
        interface: &'static str,
        /// What differs.
        why: String,
    },
    /// It failed as it was instantiated.
    #[error("it fails as it starts: {0}")]
    Start(Error),
    /// The system refused what eco needed, or eco made a mistake, whatever the plugin is.
    #[error("eco could not load it: {}\nThis is not the plugin's fault.", one_line(.0))]
    Internal(String),
}

impl LoadError {
    /// The kind in one word, stable: tests use it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Compile(error) => error.code(),
            Self::Script { .. } => "script",
            Self::Function { .. } => "function",
            Self::Import(_) => "import",
            Self::Export { .. } => "export",
            Self::Type { .. } => "type",
            Self::Start(_) => "start",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the plugin has nothing to do with it: the machine, or eco, is at fault.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::Compile(error) => error.is_internal(),
            Self::Start(error) => error.is_internal(),
            Self::Internal(_) => true,
            _ => false,
        }
    }
}

/// The function that was most likely meant to be the one that is missing.
fn slip(meant: Option<&Misspelt>) -> String {
    let Some(Misspelt { line, wrong, right }) = meant else {
        return String::new();
    };
    format!("\nLine {line} defines `{wrong}`. Call it `{right}`, so that eco finds it.")
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        // Whoever made the plugin chose them.
        names => one_line(Listed(names)),
    }
}

/// Names with commas between them, written one after the other: there may be many, and few are shown.
struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

fn below(absent: Option<&Absent>) -> String {
    absent.map_or_else(String::new, |absent| format!("\n{absent}"))
}
