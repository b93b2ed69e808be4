//! Sources of plugins: built in, a file, stdin, or in memory.
//!
//! It owns reading, with its bound, and tells scripts from all else.

use crate::budget::{Budget, Budgets};
use crate::error::CompileError;
use crate::script::Script;
use crate::script::languages::Language;
use eco_files::{OpenError, read_at_most, read_unchanged};
use eco_text::escape;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// A plugin that is part of the binary, as text. It runs in the same sandbox as any other.
#[derive(Debug)]
pub struct BuiltIn {
    /// The name that the user types.
    pub name: &'static str,
    text: &'static str,
}

/// The built-in server plugins.
pub const BUILT_IN_SERVERS: &[BuiltIn] = &[BuiltIn {
    name: "echo",
    text: include_str!("../plugins/echo/echo.wat"),
}];

/// The built-in client plugins.
pub const BUILT_IN_CLIENTS: &[BuiltIn] = &[BuiltIn {
    name: "echo",
    text: include_str!("../plugins/echo-client/echo-client.wat"),
}];

/// The source of a plugin: where its bytes are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// One of [`BUILT_IN_SERVERS`] or [`BUILT_IN_CLIENTS`].
    BuiltIn(&'static BuiltIn),
    /// A script, recognized by the end of its name, or a component, as `.wasm` or in text form, recognized by its first
    /// bytes.
    File(PathBuf),
    /// A component in either form, from stdin.
    Stdin,
    /// A plugin in memory: see [`script`](Self::script), [`component`](Self::component) and
    /// [`from_contents`](Self::from_contents). Nothing is written to disk for it but its compiled code, and that only where the
    /// engine has a cache.
    Memory(InMemory),
}

/// A plugin in memory, with its name.
#[derive(Clone, Debug)]
pub struct InMemory {
    name: String,
    form: Form,
    bytes: Vec<u8>,
}

impl InMemory {
    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of the script, or the bytes of the component.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The form of a source.
#[derive(Clone, Debug)]
enum Form {
    /// The name of the script is the one that its interpreter's errors have.
    Script { language: Language, name: String },
    /// A component in either form, or something else. Its bytes tell.
    Component,
    /// A file of a language that `eco build` compiles.
    Compiled,
}

impl Form {
    /// The form of a file, told by the end of its name.
    fn of_file(path: &Path) -> Self {
        if let Some(language) = Language::of_file(path) {
            let name = path.file_name().unwrap_or_default();
            return Self::Script {
                language,
                name: name.to_string_lossy().into_owned(),
            };
        }
        match path.extension().and_then(OsStr::to_str) {
            Some("rs" | "c" | "h" | "go") => Self::Compiled,
            _ => Self::Component,
        }
    }
}

impl Source {
    /// A script in memory. Errors have this name as it is, with or without an extension, before the line and the
    /// column: `upper.js:3:7`. Lua shows less than 60 bytes of a longer name.
    pub fn script(name: impl Into<String>, language: Language, text: impl Into<String>) -> Self {
        let name = name.into();
        Self::Memory(InMemory {
            form: Form::Script {
                language,
                name: name.clone(),
            },
            name,
            bytes: text.into().into_bytes(),
        })
    }

    /// A component in memory, as `.wasm` or in text form. The name is for messages alone.
    pub fn component(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::Memory(InMemory {
            name: name.into(),
            form: Form::Component,
            bytes: bytes.into(),
        })
    }

    /// The contents of a file that was read already. The end of the path tells a script, as in [`File`](Self::File).
    /// Messages have the path as it is.
    pub fn from_contents(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let name = path.into();
        Self::Memory(InMemory {
            form: Form::of_file(Path::new(&name)),
            name,
            bytes: bytes.into(),
        })
    }

    /// Parses the user's words: the name of a built-in, `-` for stdin, else a path. A file that has a built-in's name
    /// is reached as `./echo`.
    pub fn named(text: impl AsRef<OsStr>, built_in: &'static [BuiltIn]) -> Self {
        let text = text.as_ref();
        match built_in.iter().find(|plugin| text == plugin.name) {
            Some(plugin) => Self::BuiltIn(plugin),
            None if text == "-" => Self::Stdin,
            None => Self::File(PathBuf::from(text)),
        }
    }

    /// Whether it is a script.
    pub fn is_script(&self) -> bool {
        self.language().is_some()
    }

    /// The language of a script; `None` for all else.
    pub fn language(&self) -> Option<Language> {
        match self.form() {
            Form::Script { language, .. } => Some(language),
            Form::Component | Form::Compiled => None,
        }
    }

    fn form(&self) -> Form {
        match self {
            Self::File(path) => Form::of_file(path),
            Self::Memory(memory) => memory.form.clone(),
            Self::BuiltIn(_) | Self::Stdin => Form::Component,
        }
    }

    /// The name for messages: the built-in's, the path, or the one that it was given.
    pub fn name(&self) -> String {
        match self {
            Self::BuiltIn(plugin) => plugin.name.to_owned(),
            Self::File(path) => escape::path(path),
            Self::Stdin => "-".to_owned(),
            Self::Memory(memory) => memory.name.clone(),
        }
    }

    /// Reads it. The contents are checked only in a script.
    pub(crate) fn read(self, budgets: &Budgets) -> Result<Contents, CompileError> {
        let form = self.form();
        let bytes = match self {
            // Where there is no such file, reading says so.
            Self::File(path) if matches!(form, Form::Compiled) && path.is_file() => {
                return Err(CompileError::SourceFile);
            }
            Self::File(path) => read_file(&path, budgets)?,
            Self::BuiltIn(plugin) => plugin.text.as_bytes().to_vec(),
            Self::Memory(InMemory { bytes, .. }) => bytes,
            Self::Stdin => read_at_most(std::io::stdin().lock(), budgets.file)
                .map_err(|error| CompileError::read(Path::new("-"), error))?,
        };
        if bytes.len() > budgets.file {
            return Err(CompileError::budget(
                Budget::File,
                budgets,
                "The file is larger.",
            ));
        }
        match form {
            Form::Script { language, name } => script(language, &name, bytes).map(Contents::Script),
            Form::Component => Ok(Contents::Plugin(bytes)),
            Form::Compiled => Err(CompileError::SourceFile),
        }
    }
}

/// The contents of a source.
pub(crate) enum Contents {
    /// The bytes of a component in either form, or of something else.
    Plugin(Vec<u8>),
    Script(Script),
}

#[cfg_attr(
    not(any(feature = "javascript", feature = "lua", feature = "python")),
    allow(unreachable_code, reason = "there is no script without a language")
)]
fn script(language: Language, name: &str, bytes: Vec<u8>) -> Result<Script, CompileError> {
    let text = String::from_utf8(bytes).map_err(|error| CompileError::NotText {
        language: language.name(),
        line: line_at(error.as_bytes(), error.utf8_error().valid_up_to()),
    })?;
    // Editors on Windows put a byte-order mark before the first character, and interpreters don't accept it.
    let text = text.trim_start_matches('\u{feff}');
    Ok(Script::new(language, name, text))
}

/// The line that has the byte `at`, counted from 1.
fn line_at(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or(bytes);
    memchr::memchr_iter(b'\n', before).count() + 1
}

/// Reads a plain file that nobody is writing.
fn read_file(path: &Path, budgets: &Budgets) -> Result<Vec<u8>, CompileError> {
    let read = |error| CompileError::read(path, error);
    let file = eco_files::open(path).map_err(|error| match error {
        OpenError::NotAFile(_) if path.is_dir() => read(io::ErrorKind::IsADirectory.into()),
        OpenError::NotAFile(what) => CompileError::NoFile(what),
        OpenError::Io(error) => read(error),
    })?;
    read_unchanged(&file, budgets.file).map_err(|error| CompileError::of_file(path, error))
}
