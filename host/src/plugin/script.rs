//! Scripts: the languages that eco runs as they are, and the interpreter of each.
//!
//! An interpreter is one component for all scripts of its language (`plugins/interpreters`). It
//! asks for the script's text through `wit/script.wit`. This file knows nothing of running one.

use super::cache;
use super::error::LoadError;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A language whose source files are plugins as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// QuickJS, part of eco.
    JavaScript,
    /// Lua 5.4, part of eco.
    Lua,
    /// CPython 3.14, which `eco setup python` builds once for a user.
    Python,
}

/// A script, as the user wrote it.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) language: Language,
    /// The file's name, without its folders.
    pub(super) name: Arc<str>,
    pub(super) text: Arc<str>,
}

impl Language {
    /// The language of a file, told by the end of its name.
    pub fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "js" | "mjs" | "cjs" => Some(Self::JavaScript),
            "lua" => Some(Self::Lua),
            "py" => Some(Self::Python),
            _ => None,
        }
    }

    /// For a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::Lua => "Lua",
            Self::Python => "Python",
        }
    }

    /// The component that runs its scripts.
    pub(super) fn interpreter(self) -> Result<Cow<'static, [u8]>, LoadError> {
        match self {
            Self::JavaScript => Ok(Cow::Borrowed(include_bytes!(
                "../../../plugins/interpreters/javascript/javascript.wasm"
            ))),
            Self::Lua => Ok(Cow::Borrowed(include_bytes!(
                "../../../plugins/interpreters/lua/lua.wasm"
            ))),
            Self::Python => python()
                .and_then(|path| std::fs::read(path).ok())
                .map(Cow::Owned)
                .ok_or(LoadError::NoPython),
        }
    }
}

impl Script {
    /// The word of another language for the end of the input, where the script has that and not its
    /// own: the two differ by their spelling alone, and eco would never call it.
    pub(super) fn misspelt(&self, functions: &[String]) -> Option<(&'static str, &'static str)> {
        let (wrong, right) = match self.language {
            Language::JavaScript => ("end_of_input", "endOfInput"),
            Language::Lua | Language::Python => ("endOfInput", "end_of_input"),
        };
        let known = functions.iter().any(|name| name == "end-of-input");
        (!known && self.text.contains(wrong)).then_some((wrong, right))
    }
}

/// Where `eco setup python` puts the interpreter and finds it from then on. `None` for a user
/// without a cache folder.
pub fn python() -> Option<PathBuf> {
    // Another version of eco may bring another interpreter.
    let name = concat!("python-", env!("CARGO_PKG_VERSION"), ".wasm");
    Some(cache::directory()?.join(name))
}
