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
/// that, and nobody wants half of one.
///
/// # Errors
/// There is a link, or the folder can't be written.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    refuse_link(path)?;
    eco_files::replace(path, bytes).map_err(BuildError::file(path))
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

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// Somebody else may be quicker in a folder that is writable for all.
    #[test]
    fn nothing_is_written_through_a_link_in_a_new_folder() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        fs::write(at("precious"), "a key").unwrap();
        make(&at("new")).unwrap();
        symlink("..", at("new/starter")).unwrap();
        symlink("../precious", at("new/README.md")).unwrap();
        assert!(write(&at("new"), "starter/precious", b"eco's").is_err());
        write(&at("new"), "README.md", b"eco's").unwrap();
        write(&at("new"), "src/lib.rs", b"eco's").unwrap();
        assert_eq!(fs::read_to_string(at("precious")).unwrap(), "a key");
        assert_eq!(fs::read_to_string(at("new/README.md")).unwrap(), "eco's");
        assert_eq!(fs::read_to_string(at("new/src/lib.rs")).unwrap(), "eco's");
        assert!(matches!(make(&at("new")), Err(BuildError::Exists(_))));
    }
}
