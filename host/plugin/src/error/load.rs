//! Errors of setting up an engine, and of loading a plugin on it.
//!
//! Each text includes its causes. So a cause is a field and no `source()`: a printed chain of errors would say it
//! twice.

use super::running::Error;
use crate::imports;
use eco_compile::{Absent, CompileError, Language, Misspelt};
use eco_text::escape::{Escaped, one_line};
use std::fmt;

/// An engine could not be set up: the machine has no address space left for the pool or no thread for the clock, or
/// wasmtime can't hold a budget. `{:#}` prints it with its causes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error(transparent)]
pub struct EngineError(pub(crate) wasmtime::Error);

/// A plugin could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It could not be read or compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A script has a syntax error, or fails as it is evaluated.
    #[error("the script does not load\n  {}{}", Escaped(.error.as_bytes()), below(.absent.as_ref()))]
    Script {
        /// The interpreter's message, with the line.
        error: String,
        /// The thing that the script misses, where eco has none.
        absent: Option<Absent>,
        /// The script's language.
        language: Language,
    },
    /// A script defines none of the functions that eco would call.
    #[error("it has no function `{wanted}`, which a {role} needs\n  functions for eco: {}{}", list(.defined), slip(.meant.as_ref()))]
    Function {
        /// The role.
        role: &'static str,
        /// The missing function.
        wanted: &'static str,
        /// The functions of the contract that it has.
        defined: Vec<String>,
        /// A likely misspelling of the missing one.
        meant: Option<Misspelt>,
    },
    /// It has imports that are not offered.
    #[error("{}{}", not_offered(Listed(.refused), .own), may_be_own(.refused))]
    Import {
        /// The imports, with their versions.
        refused: Vec<String>,
        /// The imports of the embedding program that are offered beside eco's own.
        own: Vec<String>,
    },
    /// It is a core module that imports something else than WASI preview 1.
    #[error(
        "it imports what eco does not offer to a program: {}\nA core module has wasi_snapshot_preview1. Build it for that alone: C with --target=wasm32-wasip1, Rust for wasm32-wasip1, Go with GOOS=wasip1.",
        one_line(Listed(.refused))
    )]
    ProgramImport {
        /// The imports: module and name.
        refused: Vec<String>,
    },
    /// The interface of eco's own that it imports is offered, but not with that function or type.
    #[error("{}", not_offered(format_args!("{:#}", .0), &[]))]
    ImportType(wasmtime::Error),
    /// An import of the embedding program's has no such function, or has it with another type. The text says which.
    #[error(
        "its import is not the one that is offered: {}\nBuild it against the WIT of the program that embeds eco.",
        one_line(.0)
    )]
    OwnImportType(String),
    /// It exports no interface that eco could use.
    #[error(
        "it exports nothing that eco can use as a {role}\n  expected: {expected}\n  exports:  {}",
        list(exports)
    )]
    Export {
        /// The role.
        role: &'static str,
        /// The interfaces that the role accepts.
        expected: &'static str,
        /// Its exports.
        exports: Vec<String>,
    },
    /// It exports the right name with another type.
    #[error(
        "the types of {interface} are not those of its WIT: {}\nBuild the plugin against the WIT files of this version.",
        one_line(format_args!("{why:#}"))
    )]
    Type {
        /// The interface.
        interface: &'static str,
        /// The difference.
        why: wasmtime::Error,
    },
    /// The function at which a core module begins has another type than that of a program.
    #[error("its _start is not that of a program, which takes nothing and gives nothing: {}", one_line(format_args!("{:#}", .0)))]
    StartType(wasmtime::Error),
    /// It failed as it was instantiated.
    #[error("it fails as it starts: {0}")]
    Start(Error),
    /// The system refused eco something, or eco made a mistake, whatever the plugin is.
    #[error("eco could not load it: {}\nThis is not the plugin's fault.", one_line(format_args!("{:#}", .0)))]
    Internal(wasmtime::Error),
}

impl LoadError {
    /// The kind in one word, stable: tests use it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Compile(error) => error.code(),
            Self::Script { .. } => "script",
            Self::Function { .. } => "function",
            Self::Import { .. }
            | Self::ProgramImport { .. }
            | Self::ImportType(_)
            | Self::OwnImportType(_) => "import",
            Self::Export { .. } => "export",
            Self::Type { .. } | Self::StartType(_) => "type",
            Self::Start(_) => "start",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the machine or eco is at fault, and not the plugin.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::Compile(error) => error.is_internal(),
            Self::Start(error) => error.is_internal(),
            Self::Internal(_) => true,
            _ => false,
        }
    }
}

fn not_offered(imports: impl fmt::Display, own: &[String]) -> String {
    let own = match own {
        [] => String::new(),
        own => format!("; and here {}", own.join(", ")),
    };
    format!(
        "it imports what eco does not offer: {}\neco offers {}{own}. Build it without these: Rust for wasm32-unknown-unknown, JavaScript with componentize-js -d http -d fetch-event.",
        one_line(imports),
        imports::offered_text()
    )
}

/// What helps where one of the imports is an interface of somebody else's.
fn may_be_own(imports: &[String]) -> &'static str {
    let is_own = |name: &String| {
        name.contains('/') && !name.starts_with("eco:") && !name.starts_with("wasi:")
    };
    if imports.iter().any(is_own) {
        " A program that embeds eco can offer imports of its own (HostImport)."
    } else {
        ""
    }
}

/// A hint at a likely misspelling.
fn slip(meant: Option<&Misspelt>) -> String {
    let Some(Misspelt { line, wrong, right }) = meant else {
        return String::new();
    };
    format!("\nLine {line} defines `{wrong}`. Call it `{right}`, so that eco finds it.")
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        // The plugin's author chose them.
        names => one_line(Listed(names)),
    }
}

/// Names with commas between them. They are formatted one after the other, since there may be many and few are shown.
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
