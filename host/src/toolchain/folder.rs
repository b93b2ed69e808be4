//! New folders, and the files in them: what `eco new` and `eco exercise start` make.

use super::error::BuildError;
use std::io::ErrorKind;
use std::path::Path;

/// Makes a folder, and those around it.
///
/// # Errors
/// There is something already, whatever it is; or it can't be made.
pub fn make(folder: &Path) -> Result<(), BuildError> {
    if let Some(parent) = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        std::fs::create_dir_all(parent).map_err(BuildError::file(parent))?;
    }
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
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(BuildError::file(parent))?;
    }
    std::fs::write(path, bytes).map_err(BuildError::file(path))
}
