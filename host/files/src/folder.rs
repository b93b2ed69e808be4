//! A folder, in which names lead to what lies in it and nowhere else.

#[cfg(not(unix))]
#[path = "folder/other.rs"]
mod system;
#[cfg(unix)]
#[path = "folder/unix.rs"]
mod system;

use super::open::{OpenError, plain};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Component, Path};
use std::time::SystemTime;

/// An open folder. What has its name by now may be another.
pub struct Folder(system::Folder);

/// What lies in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name there.
    pub name: OsString,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry of a folder is. A link is a link, wherever it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A link.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

impl Folder {
    /// Opens the folder that was named, also through links.
    ///
    /// # Errors
    /// There is none, or it can't be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        system::Folder::open(path).map(Self)
    }

    /// Opens a folder that is this user's alone, and makes it and those above it first, if there is none. The last part
    /// of the path is no link, nobody else owns it, and nobody else can write to it.
    ///
    /// # Errors
    /// It is not so, or it can't be made.
    pub fn own(path: &Path) -> io::Result<Self> {
        system::Folder::own(path).map(Self)
    }

    /// As [`own`](Self::own), of a folder in it.
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

    /// Opens a file in it for reading.
    ///
    /// # Errors
    /// There is none of that name; or it is a link, or something else than a file.
    pub fn file(&self, name: &OsStr) -> Result<File, OpenError> {
        plain(self.0.file(part(name)?)?)
    }

    /// What has this name in it.
    ///
    /// # Errors
    /// There is none of that name, or the system doesn't say.
    pub fn kind(&self, name: &OsStr) -> io::Result<EntryKind> {
        self.0.kind(part(name)?)
    }

    /// What is in it, in the order of the names.
    ///
    /// # Errors
    /// It can't be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        self.entries_at_most(usize::MAX)
    }

    /// As [`entries`](Self::entries), up to one more than `most` and no further, so that a folder with too many is told
    /// without a look at them all.
    ///
    /// # Errors
    /// It can't be read.
    pub fn entries_at_most(&self, most: usize) -> io::Result<Vec<Entry>> {
        let mut entries = self.0.entries(most.saturating_add(1))?;
        entries.sort();
        Ok(entries)
    }

    /// Whether a new file can be put into it. One is made, whose name begins with a dot, and removed.
    ///
    /// # Errors
    /// None can be made, for this reason.
    pub fn try_writing(&self) -> io::Result<()> {
        self.0.try_writing()
    }

    /// Puts a new file at this path below the folder, as [`replace`](Self::replace) does, and makes the folders on the way
    /// that are missing.
    ///
    /// # Errors
    /// As of [`replace`](Self::replace); or a folder on the way is a link, or can't be made.
    pub fn replace_below(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (way, name) = super::split(path)?;
        let mut within: Option<Self> = None;
        for step in way.components() {
            if step != Component::CurDir {
                let folder = within.as_ref().unwrap_or(self);
                within = Some(folder.enter_or_make(step.as_os_str())?);
            }
        }
        within.as_ref().unwrap_or(self).replace(name, bytes)
    }

    /// When something was last put into it, or taken out of it.
    ///
    /// # Errors
    /// The system doesn't say.
    pub fn modified(&self) -> io::Result<SystemTime> {
        self.0.modified()
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

    /// Puts a new file of this name into it, in one step, in the place of what is there: a reader sees the old one or the
    /// new one, and nobody half of one. A link is replaced itself, and what it leads to stays. The new file may be read by
    /// whom the old one could be read by.
    ///
    /// # Errors
    /// There is a folder or a device, or it can't be written. What is there stays then.
    pub fn replace(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        self.0.replace(part(name)?, bytes)
    }
}

/// The name, if it is one of something in the folder.
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
