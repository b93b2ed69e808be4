//! A folder by its path, on systems without descriptors of folders. A link that somebody puts there between a check and
//! the next step is followed. See `folder`.

use crate::entry::{Access, Entry, EntryKind, Lock};
use crate::open::Identity;
use std::ffi::OsStr;
use std::fs::{self, File, FileType};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        path.read_dir().map(|_| Self(path.to_owned()))
    }

    /// eco can't tell here who else may write to it.
    pub(super) fn own(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Self::open(path)
    }

    pub(super) fn enter_own(&self, name: &OsStr) -> io::Result<Self> {
        match self.make(name) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.enter(name),
        }
    }

    pub(super) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        Self::open(&self.plain(name)?)
    }

    pub(super) fn make(&self, name: &OsStr) -> io::Result<()> {
        fs::create_dir(self.0.join(name))
    }

    pub(super) fn file(&self, name: &OsStr) -> io::Result<File> {
        File::open(self.plain(name)?)
    }

    /// The path of the entry of this name, unless that is a link.
    fn plain(&self, name: &OsStr) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        match path.symlink_metadata()?.is_symlink() {
            true => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a link")),
            false => Ok(path),
        }
    }

    pub(super) fn kind(&self, name: &OsStr) -> io::Result<EntryKind> {
        let found = self.0.join(name).symlink_metadata()?;
        Ok(kind(found.file_type()))
    }

    pub(super) fn try_writing(&self) -> io::Result<()> {
        tempfile::NamedTempFile::new_in(&self.0).map(drop)
    }

    /// Up to `most` of its entries.
    pub(super) fn entries(&self, most: usize) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in self.0.read_dir()?.take(most) {
            let entry = entry?;
            let (name, kind) = (entry.file_name(), kind(entry.file_type()?));
            entries.push(Entry { name, kind });
        }
        Ok(entries)
    }

    pub(super) fn modified(&self) -> io::Result<SystemTime> {
        self.0.metadata()?.modified()
    }

    pub(super) fn identity(&self) -> io::Result<Option<Identity>> {
        Ok(None)
    }

    /// Folders have no locks here.
    pub(super) fn try_lock(&self, _: Lock) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    pub(super) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.0.join(name))
    }

    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(self.0.clone()))
    }

    /// A new file inherits the access of its folder here.
    pub(super) fn replace(&self, name: &OsStr, bytes: &[u8], _: Access) -> io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(&self.0)?;
        new.write_all(bytes)?;
        let put = new.persist(self.0.join(name));
        put.map(drop).map_err(|error| error.error)
    }
}

fn kind(found: FileType) -> EntryKind {
    match found {
        _ if found.is_symlink() => EntryKind::Link,
        _ if found.is_dir() => EntryKind::Folder,
        _ if found.is_file() => EntryKind::File,
        _ => EntryKind::Other,
    }
}
