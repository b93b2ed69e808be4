//! A folder that nobody but its owner can write to, and its files: one of the user's own, or root's for all users.
//!
//! It owns what is believed: the folder was looked at when it was opened, and is reached by that from
//! then on, whatever has its name later; each file is looked at when it is opened. The system calls are in
//! `system`. It must not know what the files hold.

use super::listed::Listed;
use super::system::{self, Place};
use super::users::Users;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that was found to be its owner's alone.
pub(crate) struct Folder {
    place: Place,
    path: PathBuf,
    users: Users,
}

/// Why a folder is not used.
#[derive(Debug, thiserror::Error)]
#[error("{} {why}", path.display())]
pub(crate) struct Unusable {
    path: PathBuf,
    why: io::Error,
}

impl Folder {
    /// Opens it, and makes it first, if there is none.
    pub(super) fn make(path: &Path, users: Users) -> Result<Self, Unusable> {
        Self::checked(Place::make(path, users), path, users)
    }

    /// Opens one that is there.
    pub(super) fn open(path: &Path, users: Users) -> Result<Self, Unusable> {
        Self::checked(Place::open(path, users), path, users)
    }

    /// A folder in this one, under the same rules.
    pub(super) fn inside(&self, name: &str) -> Result<Self, Unusable> {
        let opened = self.place.inside(name);
        Self::checked(opened, &self.path.join(name), self.users)
    }

    fn checked(opened: io::Result<Place>, path: &Path, users: Users) -> Result<Self, Unusable> {
        let path = path.to_owned();
        let place = opened.and_then(|place| place.check().map(|()| place));
        match place {
            Ok(place) => Ok(Self { place, path, users }),
            Err(why) => Err(Unusable { path, why }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file that is its owner's, and that nobody else can write to.
    pub(crate) fn file(&self, name: &str) -> io::Result<File> {
        let file = self.place.read(name)?;
        system::check_file(&file, self.users)?;
        Ok(file)
    }

    /// Writes a file beside, and gives it its name when it is whole: whoever opens it finds the old one, or
    /// the new one.
    pub(super) fn write(
        &self,
        name: &str,
        write: impl FnOnce(&File) -> io::Result<()>,
    ) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let beside = format!("{name}.{}.{count}.new", std::process::id());
        let file = match self.place.create(&beside) {
            // Left behind by a process that had this number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.place.remove(&beside)?;
                self.place.create(&beside)?
            }
            created => created?,
        };
        let written = write(&file).and_then(|()| self.place.rename(&beside, name));
        if written.is_err() {
            let _ = self.place.remove(&beside);
        }
        written
    }

    /// Its files.
    pub(super) fn list(&self) -> io::Result<Vec<Listed>> {
        self.place.list()
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        self.place.remove(name)
    }
}

/// A file without a name, which is gone when it is closed.
pub(crate) fn unnamed() -> io::Result<File> {
    system::unnamed()
}
