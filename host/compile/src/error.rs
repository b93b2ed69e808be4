//! Errors of reading and compiling a plugin.
//!
//! Callers branch on the variants; the texts say what happened and what to do next. Each text contains its cause, so
//! the cause is a field and not a `source()`: a printed chain of errors would say it twice.

use crate::budget::{Budget, Budgets};
use crate::script::languages::Language;
use eco_files::ReadError;
use eco_text::escape::{message, one_line};
use std::io;
use std::path::{Path, PathBuf};

/// A plugin could not be read or compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// A file could not be read: the plugin's, or that of its language's interpreter.
    #[error("cannot read the plugin: {error}")]
    Read {
        /// Its path; `-` for stdin. The text leaves it out, since a caller who names a plugin puts its name before it.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The path leads to something other than a file, such as a pipe.
    #[error("it is {0}, not a file")]
    NoFile(&'static str),
    /// The file was being written while it was read.
    #[error("the file changed while it was read\nWait until it is written, and try again.")]
    Changing,
    /// The file, or a size that it declares, is over a budget before anything runs.
    #[error("over the budget: {budget}, {value}\n{found}{}", changed_with("the budget", .setting.as_ref()))]
    Budget {
        /// The budget.
        budget: Budget,
        /// Its value, for a person.
        value: String,
        /// The plugin's need, in a sentence.
        found: String,
        /// The setting that changes it, if there is one.
        setting: Option<String>,
    },
    /// The file is neither WebAssembly nor its text form.
    #[error(
        "not a plugin: {found}\nA plugin is {}a WebAssembly component or a program of WASI (.wasm), or the text form of one (.wat).",
        scripts()
    )]
    NotWasm {
        /// Its likely kind, for a person.
        found: String,
    },
    /// A file in a language that is compiled.
    #[error("a source file, which has to be compiled first")]
    SourceFile,
    /// A script that is not text.
    #[error(
        "line {line} is not UTF-8\nSave the {language} file as UTF-8; bytes beyond ASCII are written as escapes in strings."
    )]
    NotText {
        /// The script's language.
        language: &'static str,
        /// The first line that is not.
        line: usize,
    },
    /// The file is a Python script, and there is no interpreter for it.
    #[error("Python is not set up")]
    NoPython,
    /// The text form does not parse.
    #[error("the text does not parse\n{}", message(.0))]
    Text(String),
    /// A core module that is no program: it has no interfaces, and no `_start`.
    #[error("a core module without _start: neither a component nor a program")]
    CoreModule,
    /// Compiling it would cost too much.
    #[error(
        "too complex to compile: {}\neco compiles what toolchains make; this looks like an attack, or a generator gone wild.",
        one_line(.0)
    )]
    Complex(String),
    /// The plugin would have the host do work without a bound.
    #[error("it has no bounds: {0}.\nEverything that a plugin does is counted; this could not be.")]
    Unbounded(String),
    /// Not valid WebAssembly.
    #[error(
        "not a valid component: {}\nIs the file whole? It may be truncated, damaged, or built for a newer WebAssembly.",
        one_line(.0)
    )]
    Invalid(String),
    /// It has asynchronous functions, as the component model defines them. eco offers none.
    #[error(
        "not a valid component: {}\nThe functions of eco's contract are synchronous: build it so, with componentize-qjs by --sync.",
        one_line(.0)
    )]
    Asynchronous(String),
    /// The compiler failed, or could not be started. The plugin is not at fault.
    #[error("eco could not compile it: {}\nThis is not the plugin's fault.", one_line(format_args!("{:#}", .0)))]
    Internal(wasmtime::Error),
}

impl CompileError {
    /// The kind in one word, stable: tests use it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
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
            Self::NoPython => "no-python",
            Self::Text(_) => "text",
            Self::CoreModule => "core-module",
            Self::Unbounded(_) => "unbounded",
            Self::Invalid(_) | Self::Asynchronous(_) => "invalid",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the machine or eco is at fault, and not the plugin.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::Internal(_) => true,
            Self::Read { error, .. } => is_of_system(error),
            _ => false,
        }
    }

    /// The error for a path that can't be read.
    pub fn read(path: &Path, error: io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            error,
        }
    }

    /// The error for a file that can't be read whole.
    pub fn of_file(path: &Path, error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::read(path, error),
            ReadError::Changing => Self::Changing,
        }
    }

    /// The error for a working thread that panicked or was cancelled.
    pub(crate) fn stopped(why: tokio::task::JoinError) -> Self {
        Self::Internal(why.into())
    }

    /// The error for a budget that the plugin exceeds before it runs.
    pub fn budget(budget: Budget, budgets: &Budgets, found: impl Into<String>) -> Self {
        Self::Budget {
            budget,
            value: budgets.value(budget),
            found: found.into(),
            setting: (budgets.setting)(budget),
        }
    }
}

/// The words for scripts among the kinds of plugins. Empty where no language is there.
fn scripts() -> String {
    match Language::ALL {
        [] => String::new(),
        _ => format!("a script ({}), ", Language::extensions()),
    }
}

/// Words on how a person changes something, in parentheses, after a blank. Empty where nobody can.
pub fn changed_with(what: &str, setting: Option<&String>) -> String {
    setting.map_or_else(String::new, |setting| {
        format!(" (change {what} with {setting})")
    })
}

/// Whether the system, and not eco, refuses to read a file, for a reason other than its path.
fn is_of_system(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && !eco_files::is_about_path(error)
}
