//! Folders, and the files in them: new ones, which `eco new` and `eco exercise start` make, and those that
//! building leaves in the folder of the sources.
//!
//! It owns that nothing is written through a link: a folder may come from anybody, and naming it must
//! change no file elsewhere.

use super::error::BuildError;
use eco_files::Folder;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A folder that is written into: this one, also where another has its name by now.
pub struct Open {
    folder: Folder,
    /// Its name in messages.
    path: PathBuf,
}

impl Open {
    /// Makes a folder, and those around it.
    ///
    /// # Errors
    /// There is something already, whatever it is; or it can't be made.
    pub fn make(path: &Path) -> Result<Self, BuildError> {
        let exists = || BuildError::Exists(path.to_owned());
        // A path that ends in `..`, say, is somewhere already.
        let name = path.file_name().ok_or_else(exists)?;
        let parent = make_parent(path)?;
        let made = Folder::open(parent).and_then(|parent| parent.make(name));
        let folder = made.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => exists(),
            _ => BuildError::file(path)(error),
        })?;
        let path = path.to_owned();
        Ok(Self { folder, path })
    }

    /// Opens a folder in which nothing is yet, or makes one.
    ///
    /// # Errors
    /// There is something else already, or it can't be made.
    pub fn make_or_take_empty(path: &Path) -> Result<Self, BuildError> {
        let there = match path.file_name() {
            // Not where a link leads: nobody has named that folder.
            Some(name) => Folder::open(parent(path)).and_then(|parent| parent.enter(name)),
            None => Folder::open(path),
        };
        let is_empty = |folder: &Folder| folder.entries_at_most(0).is_ok_and(|all| all.is_empty());
        match there.ok().filter(is_empty) {
            Some(folder) => Ok(Self {
                folder,
                path: path.to_owned(),
            }),
            None => Self::make(path),
        }
    }

    /// Opens the folder that was named.
    ///
    /// # Errors
    /// There is none, or it can't be opened.
    pub(super) fn named(path: &Path) -> Result<Self, BuildError> {
        let folder = Folder::open(path).map_err(BuildError::file(path))?;
        let path = path.to_owned();
        Ok(Self { folder, path })
    }

    /// Writes a file at this path below the folder, and makes the folders between them that are missing.
    ///
    /// # Errors
    /// It can't be written, or a folder between them is a link.
    pub fn write(&self, path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), BuildError> {
        let path = path.as_ref();
        let written = self.folder.replace_below(path, bytes);
        written.map_err(BuildError::file(self.path.join(path)))
    }
}

/// Makes the folders that `path` lies in, and gives the innermost.
///
/// # Errors
/// They can't be made.
pub(super) fn make_parent(path: &Path) -> Result<&Path, BuildError> {
    let parent = parent(path);
    std::fs::create_dir_all(parent).map_err(BuildError::file(parent))?;
    Ok(parent)
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent();
    let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
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
        let new = Open::make(&at("new")).unwrap();
        symlink("..", at("new/starter")).unwrap();
        symlink("../precious", at("new/README.md")).unwrap();
        assert!(new.write("starter/precious", b"eco's").is_err());
        new.write("README.md", b"eco's").unwrap();
        new.write("src/lib.rs", b"eco's").unwrap();
        assert_eq!(fs::read_to_string(at("precious")).unwrap(), "a key");
        assert_eq!(fs::read_to_string(at("new/README.md")).unwrap(), "eco's");
        assert_eq!(fs::read_to_string(at("new/src/lib.rs")).unwrap(), "eco's");
        let again = Open::make(&at("new"));
        assert!(matches!(again, Err(BuildError::Exists(_))));
    }

    #[test]
    fn a_link_that_takes_the_name_of_a_new_folder_leads_nothing_elsewhere() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        for make in [Open::make, Open::make_or_take_empty] {
            fs::create_dir(at("others")).unwrap();
            let new = make(&at("new/exercise")).unwrap();
            new.write("README.md", b"eco's").unwrap();
            fs::rename(at("new/exercise"), at("moved")).unwrap();
            symlink("../others", at("new/exercise")).unwrap();
            new.write("exercise.toml", b"eco's").unwrap();
            new.write("starter/plugin.js", b"eco's").unwrap();
            assert_eq!(fs::read_dir(at("others")).unwrap().count(), 0);
            assert!(at("moved/exercise.toml").is_file());
            // Nor is it taken for an empty folder.
            let again = make(&at("new/exercise"));
            assert!(matches!(again, Err(BuildError::Exists(_))));
            for folder in ["others", "moved", "new"] {
                fs::remove_dir_all(at(folder)).unwrap();
            }
        }
    }

    #[test]
    fn a_folder_in_which_nothing_is_yet_will_do() {
        let place = tempfile::tempdir().unwrap();
        let empty = place.path().join("empty/");
        fs::create_dir(&empty).unwrap();
        Open::make_or_take_empty(&empty)
            .unwrap()
            .write("a", b"")
            .unwrap();
        for path in [
            empty.clone(),
            empty.join("."),
            empty.join(".."),
            empty.join("a"),
        ] {
            let again = Open::make_or_take_empty(&path);
            assert!(matches!(again, Err(BuildError::Exists(_))), "{path:?}");
        }
    }
}
