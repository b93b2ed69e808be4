//! Files that strangers may have put there: opening one, reading it, and putting another in its place.
//!
//! It owns one rule: no name is trusted. It checks the opened file, whichever file has the name by now; follows no link
//! below a [`Folder`]; and writes new files only. The contents of files are its callers'.
//!
//! ```
//! let place = tempfile::tempdir().expect("there is room");
//! let folder = eco_files::Folder::open(place.path()).expect("it is there");
//! folder.replace("marks.csv".as_ref(), b"anna,10\n").expect("it can be written");
//! let file = folder.file("marks.csv".as_ref()).expect("it is a file");
//! let bytes = eco_files::read_at_most(file, 100).expect("it can be read");
//! assert_eq!(bytes, b"anna,10\n");
//! ```

mod entry;
mod folder;
mod open;

pub use entry::{Entry, EntryKind, Lock};
pub use folder::Folder;
pub use open::{Identity, OpenError, ReadError, open, read_at_most, read_unchanged};

use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// Puts a file with these bytes at the path, in one step and in the place of the old one: see [`Folder::replace`].
/// Links among the folders of the path are followed.
///
/// # Errors
/// As of [`Folder::replace`], and where the path names no file.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (folder, name) = split(path)?;
    Folder::open(folder)?.replace(name, bytes)
}

/// Splits the path of a file into its folder, `.` where none is named, and its name there.
///
/// # Errors
/// It ends in `..` or a slash, or is the root.
pub fn split(path: &Path) -> io::Result<(&Path, &OsStr)> {
    let last = path.as_os_str().as_encoded_bytes().last();
    let names_folder = last.is_some_and(|last| std::path::is_separator(char::from(*last)));
    let name = path.file_name().filter(|_| !names_folder);
    let name = name.ok_or_else(|| io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")), name))
}

/// Whether an error is due to the path, so that another path would help. A full disk, for example, is not.
pub fn is_about_path(error: &io::Error) -> bool {
    use io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
            | ErrorKind::ReadOnlyFilesystem
    )
}
