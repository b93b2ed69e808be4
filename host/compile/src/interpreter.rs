//! Interpreters: one component for all scripts of a language (`plugins/interpreters`), which asks for the script's text
//! through `wit/script.wit`.

use crate::cache::Cache;
use crate::cache::folder::Folder;
use crate::cache::hash::Hash;
use crate::cache::python::python;
use crate::error::CompileError;
use crate::script::languages::Language;
use crate::script::languages::spec::{Embedded, Origin};
use std::borrow::Cow;
use std::io::Read as _;

/// The component that runs the scripts of a language.
pub(crate) enum Interpreter {
    /// It is part of eco.
    Embedded(&'static Embedded),
    /// A file of the cache. It is read only where its compiled code isn't kept.
    Kept {
        folder: Folder,
        file: String,
        hash: Hash,
    },
}

impl Interpreter {
    /// The interpreter of a language, for an engine with this cache.
    pub(crate) fn of(language: Language, cache: &Cache) -> Result<Self, CompileError> {
        match &language.spec().interpreter {
            Origin::Embedded(embedded) => Ok(Self::Embedded(embedded)),
            Origin::SetUp => {
                let (folder, file, hash) = python(cache).ok_or(CompileError::NoPython)?;
                Ok(Self::Kept { folder, file, hash })
            }
        }
    }

    /// The hash of its bytes.
    pub(crate) fn hash(&self) -> &Hash {
        match self {
            Self::Embedded(embedded) => embedded.hash(),
            Self::Kept { hash, .. } => hash,
        }
    }

    /// Its portable code, where that is part of eco.
    pub(crate) fn portable(&self) -> Option<&'static [u8]> {
        match self {
            Self::Embedded(embedded) => Some(embedded.portable),
            Self::Kept { .. } => None,
        }
    }

    /// Reads its bytes. An interpreter whose bytes have another hash counts as missing.
    pub(crate) fn read(&self) -> Result<Cow<'_, [u8]>, CompileError> {
        match self {
            Self::Embedded(embedded) => Ok(Cow::Borrowed(embedded.bytes)),
            Self::Kept { folder, file, hash } => {
                let mut bytes = Vec::new();
                let unread = |error| CompileError::read(&folder.path().join(file), error);
                let mut open = folder.file(file).map_err(unread)?;
                open.read_to_end(&mut bytes).map_err(unread)?;
                if Hash::of(&bytes) == *hash {
                    Ok(Cow::Owned(bytes))
                } else {
                    Err(CompileError::NoPython)
                }
            }
        }
    }
}
