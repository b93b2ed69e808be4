//! Advice for plugins that can't be loaded: the commands and flags that help.

use eco_plugin::{Absent, CompileError, Language, LoadError};
use std::fmt;
use std::io::ErrorKind;

/// An error, with its advice on a line of its own.
#[derive(Debug)]
pub(crate) struct Advised(pub(crate) LoadError);

impl fmt::Display for Advised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        match advice(&self.0) {
            Some(advice) => write!(f, "\n{advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Advised {}

fn advice(error: &LoadError) -> Option<&'static str> {
    match error {
        LoadError::Compile(CompileError::Read(error)) => unread(error.kind()),
        LoadError::Compile(CompileError::NoFile(_)) => Some(
            "eco reads a plugin from a file. To read a component from a pipe, name - and give it on stdin: eco serve -p - < PIPE.",
        ),
        LoadError::Compile(CompileError::SourceFile) => {
            Some("Put it into a folder of its own, and give that to -p or to `eco build`.")
        }
        LoadError::Compile(CompileError::NoPython) => Some(
            "Run `eco setup python` once; it needs python3 with venv and pip, and takes a minute or two.",
        ),
        LoadError::Compile(CompileError::CoreModule) => Some(
            "`eco build` makes components of Rust, C and WebAssembly text, in the folder of the sources. For other toolchains: `eco wit > eco.wit`, then `wasm-tools component embed` and `wasm-tools component new`.",
        ),
        LoadError::Script {
            absent: Some(Absent::Sockets),
            language,
            ..
        } => Some(from_sockets(*language)),
        // The error itself names a misspelt function.
        LoadError::Function {
            defined,
            meant: None,
            ..
        } => Some(where_it_fits(defined)),
        _ => None,
    }
}

/// Advice for the author of a program with sockets.
fn from_sockets(language: Language) -> &'static str {
    match language {
        Language::JavaScript => "`eco new hello --lang js` makes a beginning.",
        Language::Lua => "`eco new hello --lang lua` makes a beginning.",
        Language::Python => {
            "`eco new hello --lang python` makes a beginning; plugins/python/README.md takes a program with sockets line by line."
        }
    }
}

/// Advice for a file that can't be read.
fn unread(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound => Some(
            "Is the path right? A plugin is a built-in name (echo), a script (.js, .lua, .py), a .wasm component, a .wat text, or - for stdin.",
        ),
        ErrorKind::PermissionDenied => {
            Some("This user may not read it, or may not enter a folder on its path.")
        }
        _ => None,
    }
}

/// Advice for a script that lacks a function.
fn where_it_fits(defined: &[String]) -> &'static str {
    let has = |name: &str| defined.iter().any(|defined| defined == name);
    if has("start") {
        "It is a client: `eco send -p` runs it."
    } else if has("receive") {
        "It is a server: `eco serve -p` runs it."
    } else {
        "Define it at the top level, so that eco finds it by this name; in Lua not as a `local`, in JavaScript not as a `default`."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_what_to_look_at_and_nothing_else() {
        for (kind, path, user) in [
            (ErrorKind::NotFound, true, false),
            (ErrorKind::PermissionDenied, false, true),
            (ErrorKind::IsADirectory, false, false),
        ] {
            let text = Advised(CompileError::Read(kind.into()).into()).to_string();
            assert_eq!(text.contains("Is the path right?"), path, "{text}");
            assert_eq!(text.contains("This user may not read it"), user, "{text}");
        }
    }
}
