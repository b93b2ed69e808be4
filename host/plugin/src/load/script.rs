//! Scripts: the languages that eco runs as they are, and the interpreter of each.
//!
//! An interpreter is one component for all scripts of its language (`plugins/interpreters`). It
//! asks for the script's text through `wit/script.wit`. This file knows nothing of running one.

use crate::cache::{self, Folder, Hash, Users};
use crate::error::LoadError;
use crate::load::misspelt::Slips;
use std::borrow::Cow;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

const MIB: usize = 1024 * 1024;

const JAVASCRIPT: &[u8] =
    include_bytes!("../../../../plugins/interpreters/javascript/javascript.wasm");
const LUA: &[u8] = include_bytes!("../../../../plugins/interpreters/lua/lua.wasm");

/// The same in portable code (`compile::portable`).
const PORTABLE_JAVASCRIPT: &[u8] =
    include_bytes!("../../../../plugins/interpreters/javascript/javascript.cwasm");
const PORTABLE_LUA: &[u8] = include_bytes!("../../../../plugins/interpreters/lua/lua.cwasm");

/// Hashed once: a start asks for it more than once, and they are large.
static JAVASCRIPT_HASH: LazyLock<Hash> = LazyLock::new(|| Hash::of(JAVASCRIPT));
static LUA_HASH: LazyLock<Hash> = LazyLock::new(|| Hash::of(LUA));

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
pub(crate) struct Script {
    pub(crate) language: Language,
    /// The file's name, without its folders.
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
    /// Of its text.
    pub(crate) hash: Hash,
    pub(crate) hints: Arc<Hints>,
}

/// What is looked for in a script's text when it is read, so that hints need not read it again: that takes tenths of a
/// second for one as long as any, and is for no thread that serves.
#[derive(Debug)]
pub(crate) struct Hints {
    pub(crate) slips: Slips,
    /// Whether it speaks of sockets, or of what Python has for them.
    pub(crate) speaks_of_sockets: bool,
    /// Whether it speaks of subscribing to topics.
    pub(crate) speaks_of_subscribing: bool,
}

impl Script {
    /// Goes through the whole text, and nobody has to again.
    pub(crate) fn new(language: Language, name: &str, text: &str) -> Self {
        let has = |word: &str| text.contains(word);
        Self {
            hints: Arc::new(Hints {
                slips: Slips::of(language, text),
                speaks_of_sockets: has("socket") || has("asyncio"),
                speaks_of_subscribing: has("subscribe"),
            }),
            hash: Hash::of(text.as_bytes()),
            language,
            name: name.into(),
            text: text.into(),
        }
    }

    /// The line with which an interpreter's error begins: `upper.js:3`, of `upper.js:3:7: TypeError`.
    pub(crate) fn line(&self, error: &str) -> Option<String> {
        let rest = error.strip_prefix(&*self.name)?.strip_prefix(':')?;
        let line: u32 = rest.split(':').next()?.parse().ok()?;
        Some(format!("{}:{line}", self.name))
    }
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

    /// Instructions of WebAssembly that count as one unit of a script's work, so that the same idea takes a like
    /// part of a budget of fuel in each language. Lua's interpreter needs fewest. Beside it the solutions of the
    /// exercises that eco brings take 3.3 times as many in JavaScript and 7.4 times as many in Python, in the
    /// geometric mean of their cases; a call that does nothing takes twice and 24 times as many.
    /// Test: `ladder::the_same_idea_takes_a_like_part_of_the_fuel_in_each_language`.
    pub(crate) const fn instructions_per_unit(self) -> u64 {
        match self {
            Self::Lua => 1,
            Self::JavaScript => 3,
            Self::Python => 8,
        }
    }

    /// Bytes of memory with which a small script runs. The interpreter needs nearly all of it.
    /// Test: `interpreters::too_little_memory_for_the_interpreter_says_how_much_is_enough`.
    pub fn least_memory(self) -> usize {
        match self {
            Self::JavaScript => 2 * MIB,
            Self::Lua => MIB,
            Self::Python => 24 * MIB,
        }
    }

    /// The component that runs its scripts.
    pub(crate) fn interpreter(self) -> Result<Interpreter, LoadError> {
        let built_in = |bytes, hash: &LazyLock<Hash>, portable| Interpreter {
            hash: (**hash).clone(),
            bytes: Bytes::BuiltIn { bytes, portable },
        };
        match self {
            Self::JavaScript => Ok(built_in(JAVASCRIPT, &JAVASCRIPT_HASH, PORTABLE_JAVASCRIPT)),
            Self::Lua => Ok(built_in(LUA, &LUA_HASH, PORTABLE_LUA)),
            Self::Python => {
                let (folder, name, hash) = cache::python().ok_or(LoadError::NoPython)?;
                let bytes = Bytes::Kept(folder, name);
                Ok(Interpreter { hash, bytes })
            }
        }
    }
}

/// The component that runs the scripts of a language.
pub(crate) struct Interpreter {
    hash: Hash,
    bytes: Bytes,
}

enum Bytes {
    BuiltIn {
        bytes: &'static [u8],
        portable: &'static [u8],
    },
    /// In a file of the cache. Where it was compiled before nobody reads it.
    Kept(Folder, String),
}

impl Interpreter {
    /// The hash of its bytes.
    pub(crate) fn hash(&self) -> &Hash {
        &self.hash
    }

    /// The same in portable code, where that is part of eco.
    pub(crate) fn portable(&self) -> Option<&'static [u8]> {
        match self.bytes {
            Bytes::BuiltIn { portable, .. } => Some(portable),
            Bytes::Kept(..) => None,
        }
    }

    /// Its bytes: those that have the hash, or it counts as missing.
    pub(crate) fn read(&self) -> Result<Cow<'_, [u8]>, LoadError> {
        match &self.bytes {
            Bytes::BuiltIn { bytes, .. } => Ok(Cow::Borrowed(bytes)),
            Bytes::Kept(folder, name) => {
                let mut bytes = Vec::new();
                let mut file = folder.file(name).map_err(LoadError::Read)?;
                file.read_to_end(&mut bytes).map_err(LoadError::Read)?;
                if Hash::of(&bytes) == self.hash {
                    Ok(Cow::Owned(bytes))
                } else {
                    Err(LoadError::NoPython)
                }
            }
        }
    }
}

/// Keeps Python's interpreter, which was built at `built`, and says where it is found from then on.
///
/// # Errors
/// It can't be read, or there is no folder for it that nobody but this user, or root, can write to.
pub fn keep_python(built: &Path, users: Users) -> io::Result<PathBuf> {
    cache::keep_python(&std::fs::read(built)?, users)
}

/// Whether there is such a folder. It is made, if need be.
///
/// # Errors
/// As of [`keep_python`].
pub fn check_python_folder(users: Users) -> io::Result<()> {
    cache::check_python_folder(users)
}
