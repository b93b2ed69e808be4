//! A folder, in which names lead to its entries and nowhere else.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use super::entry::{Access, Entry, EntryKind, HALF, Lock};
use super::open::{Identity, OpenError, plain};
#[cfg(not(unix))]
use other as system;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Component, Path};
use std::time::{Duration, SystemTime};
#[cfg(unix)]
use unix as system;

/// An open folder. Another folder may have its name by now.
pub struct Folder(system::Folder);

impl Folder {
    /// Opens the folder at this path, also through links.
    ///
    /// # Errors
    /// There is none, or it can't be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        system::Folder::open(path).map(Self)
    }

    /// Opens a folder that is this user's alone, and first makes it and those above it, where they are missing. The
    /// last part of the path is no link, nobody else owns the folder, and nobody else can write to it.
    ///
    /// # Errors
    /// The folder is not so, or can't be made.
    pub fn own(path: &Path) -> io::Result<Self> {
        system::Folder::own(path).map(Self)
    }

    /// As [`own`](Self::own), for a folder in it.
    ///
    /// # Errors
    /// As of [`own`](Self::own).
    pub fn enter_own(&self, name: &OsStr) -> io::Result<Self> {
        self.0.enter_own(part(name)?).map(Self)
    }

    /// Opens a folder in it.
    ///
    /// # Errors
    /// There is none of that name, or it is a link.
    pub fn enter(&self, name: &OsStr) -> io::Result<Self> {
        self.0.enter(part(name)?).map(Self)
    }

    /// Opens a folder in it, and makes it first if there is nothing.
    ///
    /// # Errors
    /// There is something else, or it can't be made.
    pub fn enter_or_make(&self, name: &OsStr) -> io::Result<Self> {
        let name = part(name)?;
        match self.0.make(name) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.0.enter(name).map(Self),
        }
    }

    /// Makes a folder in it, and opens it.
    ///
    /// # Errors
    /// There is something of that name, or it can't be made; or it is a link by now.
    pub fn make(&self, name: &OsStr) -> io::Result<Self> {
        let name = part(name)?;
        self.0.make(name)?;
        self.0.enter(name).map(Self)
    }

    /// Opens a file in it for reading.
    ///
    /// # Errors
    /// There is none of that name; or it is a link, or something else than a file.
    pub fn file(&self, name: &OsStr) -> Result<File, OpenError> {
        plain(self.0.file(part(name)?)?)
    }

    /// The kind of the entry of this name.
    ///
    /// # Errors
    /// There is none of that name, or the system doesn't say.
    pub fn kind(&self, name: &OsStr) -> io::Result<EntryKind> {
        self.0.kind(part(name)?)
    }

    /// Its entries, in the order of the names.
    ///
    /// # Errors
    /// It can't be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        self.entries_at_most(usize::MAX)
    }

    /// As [`entries`](Self::entries), up to one more than `most` and no further, so that a folder with too many is
    /// recognized without reading them all.
    ///
    /// # Errors
    /// It can't be read.
    pub fn entries_at_most(&self, most: usize) -> io::Result<Vec<Entry>> {
        let mut entries = self.0.entries(most.saturating_add(1))?;
        entries.sort();
        Ok(entries)
    }

    /// Checks that a new file can be put into it: makes one, whose name begins with a dot, and removes it.
    ///
    /// # Errors
    /// No file can be made; the error says why.
    pub fn try_writing(&self) -> io::Result<()> {
        self.0.try_writing()
    }

    /// Puts a new file at this path below the folder, as [`replace`](Self::replace) does, and makes the folders on the
    /// way that are missing.
    ///
    /// # Errors
    /// As of [`replace`](Self::replace); or a folder on the way is a link, or can't be made.
    pub fn replace_below(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (way, name) = super::split(path)?;
        self.enter_or_make_below(way)?.replace(name, bytes)
    }

    /// Opens the folder at this path below it.
    ///
    /// # Errors
    /// There is none, or a folder on the way is a link.
    pub fn enter_below(&self, way: &Path) -> io::Result<Self> {
        self.below(way, Self::enter)
    }

    /// As [`enter_below`](Self::enter_below), and makes the folders that are missing.
    ///
    /// # Errors
    /// A folder on the way is a link, or can't be made.
    pub fn enter_or_make_below(&self, way: &Path) -> io::Result<Self> {
        self.below(way, Self::enter_or_make)
    }

    fn below(&self, way: &Path, enter: fn(&Self, &OsStr) -> io::Result<Self>) -> io::Result<Self> {
        let mut within = Self(self.0.try_clone()?);
        for step in way.components() {
            if step != Component::CurDir {
                within = enter(&within, step.as_os_str())?;
            }
        }
        Ok(within)
    }

    /// Removes unfinished new files of programs that were killed more than a day ago. One that can't be removed stays.
    pub fn remove_halves(&self) {
        let Ok(entries) = self.0.entries(usize::MAX) else {
            return;
        };
        let is_half = |entry: &Entry| entry.kind == EntryKind::File && is_half(&entry.name);
        for Entry { name, .. } in entries.into_iter().filter(is_half) {
            let modified = self.file(&name).ok().and_then(|file| file.metadata().ok());
            let modified = modified.and_then(|found| found.modified().ok());
            let age = modified.and_then(|modified| modified.elapsed().ok());
            if age.is_some_and(|age| age > OLD) {
                let _ = self.0.remove(&name);
            }
        }
    }

    /// The time at which an entry was last put into it, or taken out of it.
    ///
    /// # Errors
    /// The system doesn't say.
    pub fn modified(&self) -> io::Result<SystemTime> {
        self.0.modified()
    }

    /// Its identity, whichever folder has its name by now. `None` where the system has no identities.
    ///
    /// # Errors
    /// The system doesn't say.
    pub fn identity(&self) -> io::Result<Option<Identity>> {
        self.0.identity()
    }

    /// Takes this lock, in the place of an earlier one, until the folder is closed or the process ends. `false` where
    /// somebody else has a lock that excludes it; the folder then has none.
    ///
    /// # Errors
    /// The system has no locks of folders, or the folder's file system has none.
    pub fn try_lock(&self, lock: Lock) -> io::Result<bool> {
        self.0.try_lock(lock)
    }

    /// Removes a file, or a link itself.
    ///
    /// # Errors
    /// There is none of that name, or it can't be removed.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        self.0.remove(part(name)?)
    }

    /// Removes a folder in which nothing is left.
    ///
    /// # Errors
    /// There is none of that name, or it can't be removed.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        self.0.remove_folder(part(name)?)
    }

    /// Puts a new file of this name into it in one step, in the place of an old one: a reader sees the old one or the
    /// new one, and nobody half of one. A link is replaced itself, and its target stays. The new file has the rights of
    /// the old one, if that is this user's.
    ///
    /// # Errors
    /// There is a folder or a device of that name, or the file can't be written. The old one stays then.
    pub fn replace(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        self.0.replace(part(name)?, bytes, Access::AsBefore)
    }

    /// As [`replace`](Self::replace), where a stranger may have put the old one there: the rights of the new one do not
    /// depend on those of the old one.
    ///
    /// # Errors
    /// As of [`replace`](Self::replace).
    pub fn replace_strange(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        self.0.replace(part(name)?, bytes, Access::AsNew)
    }
}

/// Age beyond which an unfinished file is removed: no program writes for so long.
/// Test: `strangers::halves_that_a_killed_program_left_are_removed_after_a_day`.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

fn is_half(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let number = name.strip_prefix(HALF.as_bytes());
    number.is_some_and(|number| number.len() == 16 && number.iter().all(u8::is_ascii_hexdigit))
}

/// The name, if it is a single part of a path. Others, such as `..` and `a/b`, are errors, since they lead elsewhere.
fn part(name: &OsStr) -> io::Result<&OsStr> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(only)), None) if only == name => Ok(name),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no name of something in a folder",
        )),
    }
}
