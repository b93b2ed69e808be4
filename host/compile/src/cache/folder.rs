//! A folder that only its owner can write to, and its files. The owner is the user, or root for all users.
//!
//! It owns the checks of owners and rights. A folder is checked once it is open, and on Unix is reached through its
//! descriptor from then on, whichever folder has its name later. Each file is checked once it is open. The system calls
//! are in `system`.

use super::listed::Listed;
use super::system::{self, Place};
use super::users::Users;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that has passed the checks.
pub(crate) struct Folder {
    place: Place,
    path: PathBuf,
    users: Users,
}

/// The reason why a folder is not used.
#[derive(Debug, thiserror::Error)]
#[error("{} {why}", path.display())]
pub(crate) struct Unusable {
    path: PathBuf,
    why: io::Error,
}

impl Folder {
    /// Opens a folder, and makes it first if there is none.
    pub(super) fn make(path: &Path, users: Users) -> Result<Self, Unusable> {
        let path = &plain(path);
        Self::checked(Place::make(path, users), path, users)
    }

    /// Opens an existing folder.
    pub(super) fn open(path: &Path, users: Users) -> Result<Self, Unusable> {
        let path = &plain(path);
        Self::checked(Place::open(path, users), path, users)
    }

    /// Opens a folder in this one, under the same rules, and makes it first if there is none.
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

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file. It must belong to the owner, and nobody else may be able to write to it.
    pub(crate) fn file(&self, name: &str) -> io::Result<File> {
        let file = self.place.read(name)?;
        system::check_file(&file, self.users)?;
        Ok(file)
    }

    /// Writes a file under a temporary name, and renames it when it is whole: a reader opens either the old file or the
    /// new one.
    pub(super) fn write(
        &self,
        name: &str,
        write: impl FnOnce(&File) -> io::Result<()>,
    ) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let beside = format!("{name}.{}.{count}{NEW}", std::process::id());
        let file = match self.place.create(&beside) {
            // An earlier process with the same number left it behind.
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

    /// Lists its files.
    pub(super) fn list(&self) -> io::Result<Vec<Listed>> {
        self.place.list()
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        self.place.remove(name)
    }
}

/// The path without a slash or a dot at its end, with which the system would follow a link that is its last part.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

/// End of a temporary name.
const NEW: &str = ".new";

/// The name that a file with this temporary name gets when it is whole. `None` for another name.
pub(super) fn whole_name(temporary: &str) -> Option<&str> {
    let (rest, count) = temporary.strip_suffix(NEW)?.rsplit_once('.')?;
    let (name, process) = rest.rsplit_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(process) && is_number(count)).then_some(name)
}

/// Makes a file without a name, which is gone when it is closed.
pub(crate) fn unnamed() -> io::Result<File> {
    system::unnamed()
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_no_folder_however_its_path_is_written() {
        let place = tempfile::tempdir().unwrap();
        let real = place.path().join("real");
        let link = place.path().join("link");
        Folder::make(&real, Users::This).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        for end in ["", "/", "//", "/.", "/./", "/./."] {
            let with_end = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
            for folder in [Folder::make, Folder::open] {
                assert!(folder(&with_end(&real), Users::This).is_ok(), "{end}");
                assert!(folder(&with_end(&link), Users::This).is_err(), "{end}");
            }
        }
        // A link in the midst of a path is the caller's own choice.
        Folder::make(&link.join("inside/"), Users::This).unwrap();
        assert!(real.join("inside").is_dir());
    }
}
