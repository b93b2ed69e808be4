//! Folders, and the files in them: new ones, which `eco new` and `eco exercise start` make, and those that
//! building leaves in the folder of the sources.
//!
//! It owns that nothing is written through a link: a folder may come from anybody, and naming it must
//! change no file elsewhere.

use super::error::BuildError;
use eco_files::Folder;
use std::io::ErrorKind;
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

/// Writes a file at this path below the folder, and makes the folders between them that are missing.
///
/// # Errors
/// It can't be written, or a folder between them is a link.
pub fn write(folder: &Path, path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), BuildError> {
    let path = path.as_ref();
    Folder::open(folder)
        .and_then(|folder| folder.replace_below(path, bytes))
        .map_err(BuildError::file(folder.join(path)))
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

/// Refuses a link where building writes: it is somebody's own, and is not taken away unasked.
///
/// # Errors
/// There is one.
pub(super) fn refuse_link(path: &Path) -> Result<(), BuildError> {
    if path.is_symlink() {
        Err(BuildError::Link(path.to_owned()))
    } else {
        Ok(())
    }
}
