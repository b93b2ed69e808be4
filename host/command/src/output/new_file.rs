//! A file that is named first and written later.
//!
//! It refuses a path that can't be written to before any work is done for it.

use eco_files::{EntryKind, Folder};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

/// The place of a new file.
pub(crate) struct NewFile {
    folder: Folder,
    name: OsString,
}

impl NewFile {
    /// Checks the path.
    ///
    /// # Errors
    /// No file can be written there.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let (folder, name) = eco_files::split(path)?;
        let folder = Folder::open(folder)?;
        check(&folder, name)?;
        Ok(Self {
            folder,
            name: name.to_owned(),
        })
    }

    /// Writes the file, in the place of an older one.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.folder.replace(&self.name, bytes)
    }
}

/// Checks that a file of this name can be written in the folder. A link or a pipe is there for a reason, and is not replaced.
///
/// # Errors
/// It can't be written, for this reason.
pub(crate) fn check(folder: &Folder, name: &OsStr) -> io::Result<()> {
    let refused = match folder.kind(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(EntryKind::Folder) => "it is a folder",
        Ok(EntryKind::Link) => "it is a link: name the file that it leads to",
        Ok(EntryKind::Other) => "it is a pipe or a device, and no file",
        _ => return folder.try_writing(),
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, refused))
}
