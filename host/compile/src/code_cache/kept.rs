//! Code that was compiled before: in memory, or on disk.

use super::CodeCache;
use super::input::Input;
use super::loaded::Loaded;
use crate::cache::entry::Entry;
use crate::cache::hash::Hash;
use crate::cache::name::{Key, Kind};
use crate::error::CompileError;

impl CodeCache {
    /// Names the code that this engine needs, by the compiler's version, the settings, and the kind and hash of the
    /// input.
    pub(super) fn key(&self, kind: Kind, hash: &Hash) -> Key {
        let how = (
            self.compiler.version(),
            self.settings,
            kind,
            hash.to_string(),
        );
        // Serializing such plain data never fails.
        let hash = Hash::of(&serde_json::to_vec(&how).unwrap_or_default());
        Key { kind, hash }
    }

    /// Code that was compiled before, in memory or on disk.
    pub(super) fn kept(&self, input: &Input) -> Result<Option<Loaded>, CompileError> {
        if input.kind() != Kind::Interpreter {
            return self.kept_on_disk(input);
        }
        if let Some(loaded) = self.interpreters.find(input.hash()) {
            return Ok(Some(loaded));
        }
        let loaded = self.kept_on_disk(input)?;
        if let Some(loaded) = &loaded {
            self.interpreters.keep(input.hash(), loaded);
        }
        Ok(loaded)
    }

    fn kept_on_disk(&self, input: &Input) -> Result<Option<Loaded>, CompileError> {
        let disk = self.disk.as_ref().filter(|_| input.repeats_itself());
        let found = disk.and_then(|disk| disk.find(&self.key(input.kind(), input.hash())));
        match found.map(|entry| self.load(&entry, input.kind())) {
            // The code is damaged, or was compiled on a machine that can do more: it is compiled anew.
            None | Some(Err(CompileError::Internal(_))) => Ok(None),
            Some(loaded) => loaded.map(Some),
        }
    }

    pub(super) fn load(&self, entry: &Entry, kind: Kind) -> Result<Loaded, CompileError> {
        Loaded::read(entry, kind, &self.engine, &self.budgets, &self.total_memory)
    }
}
