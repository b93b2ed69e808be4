//! What goes wrong before a plugin runs.

use super::{Error, change};
use crate::budget::{Budget, Budgets};
use crate::imports;
use crate::load::absent::Absent;
use crate::load::misspelt::Misspelt;
use crate::load::script::Language;
use eco_text::escape::{Escaped, message, one_line};
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
    /// The file could not be read.
    #[error("cannot read the plugin: {0}")]
    Read(std::io::Error),
    /// There is something else than a file, such as a pipe.
    #[error("it is {0}, not a file")]
    NoFile(&'static str),
    /// The file was being written while it was read.
    #[error("the file changed while it was read\nWait until it is written, and try again.")]
    Changing,
    /// The file, or what it declares, is over a budget before anything runs.
    #[error("over the budget: {budget}, {value}\n{found}{}", change("the budget", .setting.as_ref()))]
    Budget {
        /// Which one.
        budget: Budget,
        /// Its value, for a person.
        value: String,
        /// What was found instead.
        found: String,
        /// What it is changed with, if anything.
        setting: Option<String>,
    },
    /// The file is neither WebAssembly nor its text form.
    #[error(
        "not a plugin: {found}\nA plugin is a script (.js, .lua, .py), a WebAssembly component (.wasm) or its text form (.wat)."
    )]
    NotWasm {
        /// What it looks like.
        found: String,
    },
    /// A file in a language that is compiled.
    #[error("a source file, which has to be compiled first")]
    SourceFile,
    /// A script that is no text.
    #[error(
        "line {line} is not UTF-8\nSave the {language} file as UTF-8; bytes beyond ASCII are written as escapes in strings."
    )]
    NotText {
        /// The script's language.
        language: &'static str,
        /// The first line that is not.
        line: usize,
    },
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
    /// A Python script, and no interpreter for it.
    #[error("Python is not set up")]
    NoPython,
    /// The text form does not parse.
    #[error("the text does not parse\n{}", message(.0))]
    Text(String),
    /// A core module, which has no interfaces.
    #[error("a core module, not a component")]
    CoreModule,
    /// It would cost too much to compile.
    #[error(
        "too complex to compile: {}\neco compiles what toolchains make; this looks like an attack, or a generator gone wild.",
        one_line(.0)
    )]
    Complex(String),
    /// It would have the host do what no budget bounds.
    #[error("it has no bounds: {0}.\nEverything that a plugin does is counted; this could not be.")]
    Unbounded(String),
    /// Not valid WebAssembly.
    #[error("not a valid component: {}\n{hint}", one_line(.0), hint = hint(.0))]
    Invalid(String),
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
    /// The compiler failed, or could not be started, which says nothing of the plugin.
    #[error("eco could not compile it: {}\nThis is not the plugin's fault.", one_line(.0))]
    Compiler(String),
}

impl LoadError {
    /// The kind in one word, stable: tests use it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "read",
            Self::NoFile(_) => "no-file",
            Self::Changing => "changing",
            Self::Budget {
                budget: Budget::Compile | Budget::CompileMemory,
                ..
            }
            | Self::Complex(_) => "too-complex",
            Self::Budget { .. } => "budget",
            Self::NotWasm { .. } => "not-wasm",
            Self::SourceFile => "source-file",
            Self::NotText { .. } => "not-text",
            Self::Script { .. } => "script",
            Self::Function { .. } => "function",
            Self::NoPython => "no-python",
            Self::Text(_) => "text",
            Self::CoreModule => "core-module",
            Self::Unbounded(_) => "unbounded",
            Self::Invalid(_) => "invalid",
            Self::Import(_) => "import",
            Self::Export { .. } => "export",
            Self::Type { .. } => "type",
            Self::Start(_) => "start",
            Self::Compiler(_) => "internal",
        }
    }

    /// Whether the plugin has nothing to do with it: the machine, or eco, is at fault.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::Compiler(_) => true,
            Self::Start(error) => error.is_internal(),
            Self::Read(error) => is_of_system(error),
            _ => false,
        }
    }

    /// A thread that was at work for it has ended before its time.
    pub(crate) fn stopped(why: tokio::task::JoinError) -> Self {
        Self::Compiler(why.to_string())
    }

    /// A budget that the plugin breaks before it runs.
    pub fn budget(budget: Budget, budgets: &Budgets, found: impl Into<String>) -> Self {
        Self::Budget {
            budget,
            value: budgets.value(budget),
            found: found.into(),
            setting: (budgets.setting)(budget),
        }
    }
}

/// Whether the system can't read a file, whichever was named, and eco itself doesn't refuse it.
fn is_of_system(error: &std::io::Error) -> bool {
    error.raw_os_error().is_some() && !eco_files::is_about_path(error)
}

/// What may be behind a component that is not valid here.
fn hint(text: &str) -> &'static str {
    if text.contains("component model async") {
        "The functions of eco's contract are synchronous: build it so, with componentize-qjs by --sync."
    } else {
        "Is the file whole? It may be truncated, damaged, or built for a newer WebAssembly."
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
