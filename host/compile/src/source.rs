//! Sources of plugins: built in, a file, stdin, or bytes in memory.
//!
//! It owns reading, with its bound, and tells scripts from all else.

use crate::budget::{Budget, Budgets};
use crate::error::CompileError;
use crate::script::Script;
use crate::script::languages::Language;
use eco_files::{OpenError, ReadError, read_at_most, read_unchanged};
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

/// The source of a plugin.
#[derive(Clone, Debug)]
pub enum Source {
    /// One of [`BUILT_IN_SERVERS`] or [`BUILT_IN_CLIENTS`].
    BuiltIn(&'static BuiltIn),
    /// A script, recognized by the end of its name, or a component, as `.wasm` or in text form, recognized by its first
    /// bytes.
    File(PathBuf),
    /// A component in either form, from stdin.
    Stdin,
    /// The contents of a file that was read already, with its name. The end of the name tells a script, as in
    /// [`File`](Self::File). Messages have the name as it is.
    Bytes(String, Vec<u8>),
}

impl Source {
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

    /// Whether it is a script, by its name.
    pub fn is_script(&self) -> bool {
        self.language().is_some()
    }

    /// The language of a script; `None` for all else.
    pub fn language(&self) -> Option<Language> {
        Language::of_file(self.path()?)
    }

    /// Whether it is a file of a language that `eco build` compiles.
    fn is_source(&self) -> bool {
        let is_there = match self {
            Self::File(path) => path.is_file(),
            Self::BuiltIn(_) | Self::Stdin | Self::Bytes(..) => true,
        };
        let end = self.path().and_then(Path::extension);
        is_there && matches!(end.and_then(OsStr::to_str), Some("rs" | "c" | "h"))
    }

    /// The path whose end tells a script.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Bytes(name, _) => Some(Path::new(name)),
            Self::BuiltIn(_) | Self::Stdin => None,
        }
    }

    /// The name for messages: the built-in's, or the path.
    pub fn name(&self) -> String {
        match self {
            Self::BuiltIn(plugin) => plugin.name.to_owned(),
            Self::File(path) => escape::path(path),
            Self::Stdin => "-".to_owned(),
            Self::Bytes(name, _) => name.clone(),
        }
    }

    /// Reads it. The contents are checked only in a script.
    pub(crate) fn read(self, budgets: &Budgets) -> Result<Contents, CompileError> {
        let (language, name) = (self.language(), self.name());
        if self.is_source() {
            return Err(CompileError::SourceFile);
        }
        let bytes = match self {
            Self::BuiltIn(plugin) => plugin.text.as_bytes().to_vec(),
            Self::Bytes(_, bytes) => bytes,
            Self::File(path) => read_file(&path, budgets)?,
            Self::Stdin => read_bounded(std::io::stdin().lock(), budgets)?,
        };
        if bytes.len() > budgets.file {
            return Err(CompileError::budget(
                Budget::File,
                budgets,
                "The file is larger.",
            ));
        }
        match language {
            Some(language) => script(language, &name, bytes).map(Contents::Script),
            None => Ok(Contents::Plugin(bytes)),
        }
    }
}

/// The contents of a source.
pub(crate) enum Contents {
    /// The bytes of a component in either form, or of something else.
    Plugin(Vec<u8>),
    Script(Script),
}

fn script(language: Language, path: &str, bytes: Vec<u8>) -> Result<Script, CompileError> {
    let name = Path::new(path).file_name().unwrap_or_default();
    let text = String::from_utf8(bytes).map_err(|error| CompileError::NotText {
        language: language.name(),
        line: line_at(error.as_bytes(), error.utf8_error().valid_up_to()),
    })?;
    // Editors on Windows put a byte-order mark before the first character, and interpreters don't accept it.
    let text = text.trim_start_matches('\u{feff}');
    Ok(Script::new(language, &name.to_string_lossy(), text))
}

/// The line that has the byte `at`, counted from 1.
fn line_at(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or(bytes);
    memchr::memchr_iter(b'\n', before).count() + 1
}

fn read_bounded(from: impl std::io::Read, budgets: &Budgets) -> Result<Vec<u8>, CompileError> {
    read_at_most(from, budgets.file).map_err(CompileError::Read)
}

/// Reads a plain file that nobody is writing.
fn read_file(path: &Path, budgets: &Budgets) -> Result<Vec<u8>, CompileError> {
    let file = eco_files::open(path).map_err(|error| match error {
        OpenError::NotAFile(_) if path.is_dir() => {
            CompileError::Read(io::ErrorKind::IsADirectory.into())
        }
        OpenError::NotAFile(what) => CompileError::NoFile(what),
        OpenError::Io(error) => CompileError::Read(error),
    })?;
    read_unchanged(&file, budgets.file).map_err(CompileError::from)
}

impl From<ReadError> for CompileError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::Read(error),
            ReadError::Changing => Self::Changing,
        }
    }
}
