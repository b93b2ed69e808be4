//! Folders, and the files in them: new ones, which `eco new` and `eco exercise start` make, and those that
//! building leaves in the folder of the sources.
//!
//! It owns that nothing is written through a link: a folder may come from anybody, and naming it must
//! change no file elsewhere.

use super::error::BuildError;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Makes a folder, and those around it.
///
/// # Errors
/// There is something already, whatever it is; or it can't be made.
pub fn make(folder: &Path) -> Result<(), BuildError> {
    make_parent(folder)?;
    std::fs::create_dir(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => BuildError::Exists(folder.to_owned()),
        _ => BuildError::file(folder)(error),
    })
}

/// Writes a file, and makes the folders that it lies in.
///
/// # Errors
/// It can't be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    make_parent(path)?;
    std::fs::write(path, bytes).map_err(BuildError::file(path))
}

/// Makes the folders that `path` lies in, and gives the innermost.
///
/// # Errors
/// They can't be made.
pub(super) fn make_parent(path: &Path) -> Result<&Path, BuildError> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(BuildError::file(parent))?;
    Ok(parent)
}

/// Makes the folder, if there is none.
///
/// # Errors
/// It is a link, or can't be made.
pub(super) fn open(folder: &Path) -> Result<(), BuildError> {
    refuse_link(folder)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(BuildError::file(folder)(error))
        }
        _ => Ok(()),
    }
}

/// Puts a file at the path, in the place of the one that is there, in one step: somebody may be serving
/// that, and nobody wants half of one. It is written beside it, as a new file whose name nobody can know
/// before.
///
/// # Errors
/// There is a link, or the folder can't be written.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    refuse_link(path)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new();
    // As any other file that a compiler makes: the user's mask has the last word.
    #[cfg(unix)]
    beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut new = beside
        .tempfile_in(folder)
        .map_err(BuildError::file(folder))?;
    new.write_all(bytes).map_err(BuildError::file(path))?;
    let put = new.persist(path);
    put.map(drop)
        .map_err(|error| BuildError::file(path)(error.error))
}

fn refuse_link(path: &Path) -> Result<(), BuildError> {
    if path.is_symlink() {
        Err(BuildError::Link(path.to_owned()))
    } else {
        Ok(())
    }
}
