//! Compiled code on disk: its names, its bounds, and its users.

use super::choice::Cache;
use super::entry::Entry;
use super::folder::Folder;
use super::home::{make_home, not_kept, system};
use super::listed::Listed;
use super::name::{FileKind, Key, component, module};
use super::users::Users;
use parking_lot::Mutex;
use std::io;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

/// Bytes of compiled code that are kept. Beyond them the least recently used files are removed. The interpreters, in
/// all the ways that commands compile them, take a fifth of it; a plugin takes some 50 KB.
/// Test: `compile::cache::the_entry_that_was_unused_longest_makes_room`.
const MOST: u64 = 1 << 30;

/// Age of a file's mark of use beyond which the mark is renewed. Renewing it at every start would cost more time than
/// it is worth.
const STALE: Duration = Duration::from_secs(60 * 60);

/// Age from which a file that isn't whole is removed: its writer has ended before. Writing one takes seconds at most.
/// Test: `room_is_made_among_the_caches_own_files_alone`.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Bytes of kept code that snapshots of scripts may take. Each version of a script that was ever served leaves a
/// snapshot of a few MB, or of a hundred in Python. Beyond them the least recently used snapshots are removed.
/// Test: `scripts::snapshots::snapshots_of_old_versions_are_removed`.
const MOST_SNAPSHOTS: u64 = MOST / 4;

/// The cache of compiled code, as one process uses it.
pub(crate) struct DiskCache {
    compiled: Folder,
    /// The folder for all users, if there is one. It is searched second, and never written to.
    for_all: Option<Folder>,
    /// A folder of this process alone, where the user's own can't be used. It is removed with the cache.
    _temporary: Option<tempfile::TempDir>,
}

impl DiskCache {
    /// The cache in this folder. `None` where nothing can be kept.
    ///
    /// # Errors
    /// The caller chose a folder that is not safe to use.
    pub(crate) fn of(cache: &Cache) -> io::Result<Option<Arc<Self>>> {
        Ok(match cache {
            Cache::None => None,
            Cache::User => Self::of_user(),
            Cache::AllUsers => Self::of_all_users(),
            Cache::Folder(path) => {
                let folder = Folder::make(path, Users::This).map_err(io::Error::other)?;
                Some(Arc::new(Self {
                    compiled: folder.inside(COMPILED).map_err(io::Error::other)?,
                    for_all: None,
                    _temporary: None,
                }))
            }
        })
    }

    /// The cache in the user's folder, or, where that is not safe to use, one for this process alone. `None` where no
    /// folder for that can be made either: every start then compiles, and all else works.
    fn of_user() -> Option<Arc<Self>> {
        static CURRENT: Mutex<Weak<DiskCache>> = Mutex::new(Weak::new());
        let mut current = CURRENT.lock();
        if let Some(cache) = current.upgrade() {
            return Some(cache);
        }
        let own = make_home().and_then(|home| home.inside(COMPILED).map_err(io::Error::other));
        let own = own.map_err(not_kept).ok();
        let cache = match own {
            Some(compiled) => Self {
                compiled,
                for_all: compiled_for_all(),
                _temporary: None,
            },
            None => Self::temporary()
                .inspect_err(|error| tracing::debug!("compiled plugins are not kept: {error}"))
                .ok()?,
        };
        let cache = Arc::new(cache);
        *current = Arc::downgrade(&cache);
        Some(cache)
    }

    fn temporary() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("eco-").tempdir()?;
        Ok(Self {
            compiled: Folder::open(folder.path(), Users::This).map_err(io::Error::other)?,
            for_all: compiled_for_all(),
            _temporary: Some(folder),
        })
    }

    /// The cache for all users, for root to write.
    fn of_all_users() -> Option<Arc<Self>> {
        let folder = system().and_then(|system| system.inside(COMPILED).map_err(not_kept).ok());
        Some(Arc::new(Self {
            compiled: folder?,
            for_all: None,
            _temporary: None,
        }))
    }

    /// Finds the entry of this name.
    pub(crate) fn find(&self, key: &Key) -> Option<Entry> {
        let found = read(&self.compiled, key);
        if found.is_some() {
            self.mark_used(key);
        }
        found.or_else(|| read(self.for_all.as_ref()?, key))
    }

    /// Keeps an entry under this name, and returns it as it was read back. An entry that can't be kept is returned as
    /// it was, with a warning in the log.
    pub(crate) fn keep(&self, key: &Key, entry: Entry) -> Entry {
        match self.write(key, &entry) {
            Ok(kept) => kept,
            Err(error) => {
                not_kept(format_args!("{}: {error}", self.compiled.path().display()));
                entry
            }
        }
    }

    fn write(&self, key: &Key, entry: &Entry) -> io::Result<Entry> {
        if let Some(code) = &entry.module {
            self.compiled
                .write(&module(key), |file| Entry::write_module(code, file))?;
        }
        self.compiled
            .write(&component(key), |file| entry.write(file))?;
        self.make_room();
        let kept = read(&self.compiled, key);
        kept.ok_or_else(|| io::Error::other("it can't be read again"))
    }

    fn mark_used(&self, key: &Key) {
        for name in [component(key), module(key)] {
            let Ok(file) = self.compiled.file(&name) else {
                continue;
            };
            let used = file.metadata().and_then(|metadata| metadata.modified());
            let age = used.ok().and_then(|used| used.elapsed().ok());
            if age.is_none_or(|age| age > STALE) {
                // Without the mark the file is only removed earlier.
                let _ = file.set_modified(SystemTime::now());
            }
        }
    }

    /// Removes the least recently used files, down to the bounds, and those that nobody will complete. A process that
    /// has one open or mapped keeps its contents. Files that are none of the cache's stay.
    fn make_room(&self) {
        let files = self.compiled.list().unwrap_or_default();
        let of_kind = |file: Listed| Some((FileKind::of(&file.name)?, file));
        let mut files: Vec<_> = files.into_iter().filter_map(of_kind).collect();
        files.sort_by_key(|(_, file)| file.modified);
        let size = |kinds: &[FileKind]| -> u64 {
            let counted = files.iter().filter(|(kind, _)| kinds.contains(kind));
            counted.map(|(_, file)| file.size).sum()
        };
        let mut snapshots = size(&[FileKind::Snapshot]);
        let mut total = size(&[FileKind::Code, FileKind::Snapshot]);
        for (kind, file) in &files {
            let makes_room = match kind {
                FileKind::Code => total > MOST,
                FileKind::Snapshot => total > MOST || snapshots > MOST_SNAPSHOTS,
                FileKind::Unfinished => {
                    let age = file.modified.elapsed();
                    age.is_ok_and(|age| age > ABANDONED)
                }
            };
            if !makes_room {
                continue;
            }
            // Another process may have removed it already.
            let _ = self.compiled.remove(&file.name);
            match kind {
                FileKind::Code => total -= file.size,
                FileKind::Snapshot => {
                    total -= file.size;
                    snapshots -= file.size;
                }
                FileKind::Unfinished => {}
            }
        }
    }
}

fn read(compiled: &Folder, key: &Key) -> Option<Entry> {
    let component = compiled.file(&component(key)).ok()?;
    Entry::read(component, || compiled.file(&module(key)).ok())
}

/// Name of the folder of compiled code, in the folder of the user or of all users.
const COMPILED: &str = "compiled";

fn compiled_for_all() -> Option<Folder> {
    let system = system()?;
    Folder::open(&system.path().join(COMPILED), Users::All).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::cache::hash::Hash;

    #[test]
    fn room_is_made_among_the_caches_own_files_alone() {
        let chosen = tempfile::tempdir().unwrap();
        let cache = Cache::Folder(chosen.path().to_owned());
        let cache = DiskCache::of(&cache).unwrap().unwrap();
        let compiled = chosen.path().join(COMPILED);
        // As long as can be, and nothing on the disk.
        let file = |name: &str, hours: u64| {
            let file = std::fs::File::create(compiled.join(name)).unwrap();
            file.set_len(600 << 20).unwrap();
            let age = Duration::from_secs(hours * 60 * 60);
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        let hashes = [b"1", b"2", b"3"].map(|bytes| Hash::of(bytes));
        let [first, second, third] = hashes.map(|hash| format!("{hash}.component"));
        let (abandoned, begun) = (format!("{third}.1.0.new"), format!("{third}.1.1.new"));
        let strangers = ["notes.txt", "mine.component", "mine.snapshot", "a.1.0.new"];
        for name in strangers {
            file(name, 1000);
        }
        let left = || {
            let files = std::fs::read_dir(&compiled).unwrap();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names
                .filter(|name| !strangers.contains(&name.as_str()))
                .collect();
            names.sort();
            assert_eq!(
                std::fs::read_dir(&compiled).unwrap().count(),
                names.len() + 4
            );
            names
        };
        file(&first, 3);
        cache.make_room();
        assert_eq!(left(), [&*first]);
        file(&second, 2);
        file(&abandoned, 2);
        file(&begun, 0);
        cache.make_room();
        let mut expected = [second, begun];
        expected.sort();
        assert_eq!(left(), expected);
    }
}
