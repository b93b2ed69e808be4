//! Advice for plugins that can't be loaded: the commands and flags that help.

use eco_plugin::{Absent, CompileError, Language, LoadError};
use std::borrow::Cow;
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

fn advice(error: &LoadError) -> Option<Cow<'static, str>> {
    let advice = match error {
        LoadError::Compile(CompileError::Read { error, .. }) => return unread(error.kind()),
        LoadError::Compile(CompileError::NoFile(_)) => {
            "eco reads a plugin from a file. To read a component from a pipe, name - and give it on stdin: eco serve -p - < PIPE."
        }
        LoadError::Compile(CompileError::SourceFile) => {
            "Put it into a folder of its own, and give that to -p or to `eco build`."
        }
        LoadError::Compile(CompileError::NoPython) => {
            "Run `eco setup python` once; it needs python3 with venv and pip, and takes a minute or two."
        }
        LoadError::Compile(CompileError::CoreModule) => {
            "A program that is to read standard input and write standard output has `_start`: build a command, and no library. A plugin is a component: `eco build` makes components of Rust, C and WebAssembly text, in the folder of the sources. For other toolchains: `eco wit > eco.wit`, then `wasm-tools component embed` and `wasm-tools component new`."
        }
        LoadError::Export { exports, .. } if exports.iter().any(|it| is_start(it)) => {
            "It is a program: `eco send --stdio` and `eco load --stdio` run it as a client, `eco serve -p` as a server."
        }
        LoadError::Export { role, exports, .. }
            if *role == "program" && exports.iter().any(|it| it.starts_with("eco:plugin/")) =>
        {
            "It is a plugin, which `-p` takes: `eco serve -p`, say."
        }
        LoadError::Script {
            absent: Some(Absent::Sockets),
            language,
            ..
        } => return Some(from_sockets(*language).into()),
        // The error itself names a misspelt function.
        LoadError::Function {
            defined,
            meant: None,
            ..
        } => where_it_fits(defined),
        _ => return None,
    };
    Some(advice.into())
}

/// Whether it is what a program begins with.
fn is_start(export: &str) -> bool {
    export == "_start" || export.starts_with("wasi:cli/run@")
}

/// The first step of somebody who has a program with sockets.
fn from_sockets(language: Language) -> String {
    let word = language.word();
    let further = language.from_sockets().map(|advice| format!("; {advice}"));
    let further = further.unwrap_or_else(|| ".".to_owned());
    format!("`eco new hello --lang {word}` makes a beginning{further}")
}

/// Advice where a file can't be read.
fn unread(kind: ErrorKind) -> Option<Cow<'static, str>> {
    match kind {
        ErrorKind::NotFound => Some(
            format!(
                "Is the path right? A plugin is a built-in name (echo), a script ({}), a .wasm component, a .wat text, or - for stdin.",
                Language::extensions()
            )
            .into(),
        ),
        ErrorKind::PermissionDenied => {
            Some("This user may not read it, or may not enter a folder on its path.".into())
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
            let text = Advised(CompileError::read("p.js".as_ref(), kind.into()).into()).to_string();
            assert_eq!(text.contains("Is the path right?"), path, "{text}");
            assert_eq!(text.contains("This user may not read it"), user, "{text}");
        }
    }
}
