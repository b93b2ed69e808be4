//! Compiled interpreters of an engine, in memory: each is compiled once, even where nothing can be kept on disk.

use super::loaded::Loaded;
use crate::cache::hash::Hash;
use parking_lot::Mutex;

/// Compiled interpreters, by the hash of their bytes. There are as many as languages of scripts, and one more where
/// another version of Python is set up while the engine runs.
#[derive(Default)]
pub(super) struct Interpreters(Mutex<Vec<(Hash, Loaded)>>);

impl Interpreters {
    pub(super) fn find(&self, hash: &Hash) -> Option<Loaded> {
        let kept = self.0.lock();
        let found = kept.iter().find(|(of, _)| of == hash);
        found.map(|(_, loaded)| loaded.clone())
    }

    pub(super) fn keep(&self, hash: &Hash, loaded: &Loaded) {
        let mut kept = self.0.lock();
        if kept.iter().all(|(of, _)| of != hash) {
            kept.push((hash.clone(), loaded.clone()));
        }
    }
}

/// Held while an interpreter is compiled. A caller that waits for the same one finds it kept then.
pub(super) static COMPILES: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
