//! The cache: what was compiled before, so that the second start of a plugin is fast; and Python's
//! interpreter, which is too large to be part of eco.
//!
//! It holds native code that runs outside any sandbox, so that it is used only where nobody but the user, or
//! root, can write (`folder`). It owns the names of what it keeps, and how much. It must not know how that
//! was made.

mod code;
mod entry;
mod folder;
mod hash;
mod seal;
#[cfg(not(unix))]
#[path = "system/other.rs"]
mod system;
#[cfg(unix)]
#[path = "system/unix.rs"]
mod system;

use crate::compile::Facts;
pub(crate) use code::part_of_eco;
pub(crate) use entry::Entry;
use folder::Listed;
pub(crate) use folder::{Folder, unnamed};
pub(crate) use hash::Hash;
use parking_lot::Mutex;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Once, Weak};
use std::time::{Duration, SystemTime};

/// Bytes of compiled code that are kept. What was unused longest makes room for the next. The languages,
/// in all the ways that commands compile them, take a fifth of it; a plugin some 50 KB.
/// Test: `caching::what_was_unused_longest_makes_room`.
const MOST: u64 = 1 << 30;

/// How old the mark of its last use may be. To write one each time would cost a start more than it says.
const STALE: Duration = Duration::from_secs(60 * 60);

/// Bytes of snapshots of scripts that are kept, of those: each version of a script that was ever served
/// leaves one, of a few MB, and Python's has a hundred.
/// Test: `snapshots::those_of_old_versions_are_removed`.
const MOST_SNAPSHOTS: u64 = MOST / 4;

/// What compiled code was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) enum Kind {
    Plugin,
    Interpreter,
    /// An interpreter, and what it was after it evaluated a script.
    Snapshot,
}

/// The name of what is kept.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    pub(crate) hash: Hash,
}

/// For whom something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Users {
    /// This user alone, in their cache folder.
    This,
    /// All users of this machine, in a folder that only root can write to. On Unix alone.
    All,
}

/// Where the folder for all users is, unless the variable `ECO_SYSTEM_DIR` says otherwise.
const SYSTEM: &str = "/usr/local/lib/eco";

/// What this process keeps, and finds.
pub(crate) struct Cache {
    compiled: Folder,
    /// Where the folder for all users has something: found there, what isn't in the other.
    for_all: Option<Folder>,
    /// Removed with the cache, where the user's own folder can't be used.
    _temporary: Option<tempfile::TempDir>,
}

impl Cache {
    /// The cache in the user's folder, or, where that is not safe to use, one for this process alone.
    /// `None` where there is no place for that either: every start then compiles, and all else works.
    pub(crate) fn of_user() -> Option<Arc<Self>> {
        static CURRENT: Mutex<Weak<Cache>> = Mutex::new(Weak::new());
        let mut current = CURRENT.lock();
        if let Some(cache) = current.upgrade() {
            return Some(cache);
        }
        let own = home().and_then(|home| home.inside(COMPILED).map_err(not_kept).ok());
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
    pub(crate) fn of_all_users() -> Option<Arc<Self>> {
        let folder = system().and_then(|system| system.inside(COMPILED).map_err(not_kept).ok());
        Some(Arc::new(Self {
            compiled: folder?,
            for_all: None,
            _temporary: None,
        }))
    }

    /// What was kept under this name.
    pub(crate) fn find(&self, key: &Key) -> Option<Entry> {
        let found = read(&self.compiled, key);
        if found.is_some() {
            self.mark_used(key);
        }
        found.or_else(|| read(self.for_all.as_ref()?, key))
    }

    /// Keeps an entry under this name, and gives it back as it is kept; or as it was, where it can't be
    /// kept, which is said.
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
                // It only goes earlier than it would.
                let _ = file.set_modified(SystemTime::now());
            }
        }
    }

    /// Removes what was unused longest, down to the bounds. What is in use stays with its users.
    fn make_room(&self) {
        let mut files = self.compiled.list().unwrap_or_default();
        files.sort_by_key(|file| file.modified);
        let is_snapshot = |file: &&Listed| file.name.ends_with(SNAPSHOT);
        let size = |files: &mut dyn Iterator<Item = &Listed>| files.map(|file| file.size).sum();
        let mut snapshots: u64 = size(&mut files.iter().filter(is_snapshot));
        let mut total: u64 = size(&mut files.iter());
        for file in &files {
            if total > MOST || is_snapshot(&file) && snapshots > MOST_SNAPSHOTS {
                // Another process may have been quicker.
                let _ = self.compiled.remove(&file.name);
                total -= file.size;
                snapshots -= if is_snapshot(&file) { file.size } else { 0 };
            }
        }
    }
}

fn read(compiled: &Folder, key: &Key) -> Option<Entry> {
    let component = compiled.file(&component(key)).ok()?;
    Entry::read(component, || compiled.file(&module(key)).ok())
}

/// The folder of compiled code, in that of the user or of all users.
const COMPILED: &str = "compiled";

const SNAPSHOT: &str = ".snapshot";

fn component(key: &Key) -> String {
    match key.kind {
        Kind::Plugin | Kind::Interpreter => format!("{}.component", key.hash),
        Kind::Snapshot => format!("{}{SNAPSHOT}", key.hash),
    }
}

fn module(key: &Key) -> String {
    format!("{}.module", key.hash)
}

/// eco's folder in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache` on Linux). `None` for a
/// user without one, and where it is not safe to use, which is said.
fn home() -> Option<Folder> {
    let Some(path) = dirs::cache_dir() else {
        not_kept("this user has no cache folder (see XDG_CACHE_HOME, HOME)");
        return None;
    };
    Folder::make(&path.join("eco"), Users::This)
        .map_err(not_kept)
        .ok()
}

/// The folder for all users, where there is one. One that others than root could have written to is not used.
fn system() -> Option<Folder> {
    Folder::open(&system_path(), Users::All)
        .inspect_err(|error| tracing::debug!("nothing is there for all users: {error}"))
        .ok()
}

fn system_path() -> PathBuf {
    let path = std::env::var_os("ECO_SYSTEM_DIR").filter(|path| !path.is_empty());
    path.map_or_else(|| PathBuf::from(SYSTEM), PathBuf::from)
}

fn compiled_for_all() -> Option<Folder> {
    let system = system()?;
    Folder::open(&system.path().join(COMPILED), Users::All).ok()
}

/// Says once why the cache doesn't do its work, and what that means.
fn not_kept(why: impl Display) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!("compiled plugins are not kept, and every start compiles anew: {why}");
    });
}

/// Another version of eco may bring another interpreter.
const PYTHON: &str = concat!("python-", env!("CARGO_PKG_VERSION"), "-");

/// Python's interpreter, where it is set up. Its name says which bytes it should have.
pub(crate) fn python() -> Option<(Folder, String, Hash)> {
    home().and_then(python_in).or_else(|| python_in(system()?))
}

fn python_in(folder: Folder) -> Option<(Folder, String, Hash)> {
    let mut files = folder.list().ok()?;
    files.sort_by_key(|file| std::cmp::Reverse(file.modified));
    let (name, hash) = files.into_iter().find_map(|file| {
        let hash = file.name.strip_prefix(PYTHON)?.strip_suffix(".wasm")?;
        Some((file.name.clone(), Hash::parse(hash)?))
    })?;
    Some((folder, name, hash))
}

/// Where Python's interpreter would be kept.
fn python_folder(users: Users) -> io::Result<Folder> {
    match users {
        Users::This => home().ok_or_else(|| {
            let why = "there is no cache folder of this user's own (see XDG_CACHE_HOME, HOME)";
            io::Error::other(why)
        }),
        Users::All => Folder::make(&system_path(), users).map_err(io::Error::other),
    }
}

/// Whether Python's interpreter could be kept, before it is built.
pub(crate) fn check_python_folder(users: Users) -> io::Result<()> {
    python_folder(users).map(drop)
}

/// Keeps Python's interpreter, in the place of an earlier one, and says where.
pub(crate) fn keep_python(bytes: &[u8], users: Users) -> io::Result<PathBuf> {
    let folder = python_folder(users)?;
    let name = format!("{PYTHON}{}.wasm", Hash::of(bytes));
    folder.write(&name, |mut file| io::Write::write_all(&mut file, bytes))?;
    for file in folder.list()? {
        if file.name.starts_with(PYTHON) && file.name != name {
            folder.remove(&file.name)?;
        }
    }
    Ok(folder.path().join(name))
}
