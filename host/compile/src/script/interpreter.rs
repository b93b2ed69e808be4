//! Interpreters: one component for all scripts of a language (`plugins/interpreters`), which asks for the script's text
//! through `wit/script.wit`.

use super::language::Language;
use crate::cache::folder::Folder;
use crate::cache::hash::Hash;
use crate::cache::python::python;
use crate::error::CompileError;
use std::borrow::Cow;
use std::io::Read as _;
use std::sync::LazyLock;

const JAVASCRIPT: &[u8] =
    include_bytes!("../../../../plugins/interpreters/javascript/javascript.wasm");
const LUA: &[u8] = include_bytes!("../../../../plugins/interpreters/lua/lua.wasm");

/// The same in portable code (`code_cache::portable`).
const PORTABLE_JAVASCRIPT: &[u8] =
    include_bytes!("../../../../plugins/interpreters/javascript/javascript.cwasm");
const PORTABLE_LUA: &[u8] = include_bytes!("../../../../plugins/interpreters/lua/lua.cwasm");

/// Hashed once: a start asks for it more than once, and they are large.
static JAVASCRIPT_HASH: LazyLock<Hash> = LazyLock::new(|| Hash::of(JAVASCRIPT));
static LUA_HASH: LazyLock<Hash> = LazyLock::new(|| Hash::of(LUA));

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
    /// The component that runs the scripts of a language.
    pub(crate) fn of(language: Language) -> Result<Self, CompileError> {
        let built_in = |bytes, hash: &LazyLock<Hash>, portable| Self {
            hash: (**hash).clone(),
            bytes: Bytes::BuiltIn { bytes, portable },
        };
        match language {
            Language::JavaScript => Ok(built_in(JAVASCRIPT, &JAVASCRIPT_HASH, PORTABLE_JAVASCRIPT)),
            Language::Lua => Ok(built_in(LUA, &LUA_HASH, PORTABLE_LUA)),
            Language::Python => {
                let (folder, name, hash) = python().ok_or(CompileError::NoPython)?;
                let bytes = Bytes::Kept(folder, name);
                Ok(Self { hash, bytes })
            }
        }
    }

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
    pub(crate) fn read(&self) -> Result<Cow<'_, [u8]>, CompileError> {
        match &self.bytes {
            Bytes::BuiltIn { bytes, .. } => Ok(Cow::Borrowed(bytes)),
            Bytes::Kept(folder, name) => {
                let mut bytes = Vec::new();
                let mut file = folder.file(name).map_err(CompileError::Read)?;
                file.read_to_end(&mut bytes).map_err(CompileError::Read)?;
                if Hash::of(&bytes) == self.hash {
                    Ok(Cow::Owned(bytes))
                } else {
                    Err(CompileError::NoPython)
                }
            }
        }
    }
}
