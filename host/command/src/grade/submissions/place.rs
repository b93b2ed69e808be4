//! Where something was handed in. What has its name by now may be another.

use eco_files::Folder;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A name in a folder.
pub(super) struct Place {
    pub(super) around: Arc<Around>,
    pub(super) name: OsString,
}

/// The folder in which students' files and folders lie. Below it no link is followed.
pub(super) struct Around {
    /// As it was typed, and empty where that was no more than a name in it.
    pub(super) path: PathBuf,
    /// The same, whatever was typed.
    pub(super) absolute: PathBuf,
    /// A class's. Else it is opened for each submission: of as many as students none stays open.
    class: Option<Folder>,
}

impl Around {
    pub(super) fn class(path: &Path, folder: Folder) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            absolute: path.canonicalize()?,
            class: Some(folder),
        })
    }

    /// What `look` says of it.
    pub(super) fn with<T, E: From<io::Error>>(
        &self,
        look: impl FnOnce(&Folder) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.class {
            Some(folder) => look(folder),
            None => look(&Folder::open(&self.absolute)?),
        }
    }
}

impl Place {
    /// What was typed for one student.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        if path.file_name().is_none() {
            // Such as `.`, which has a name elsewhere.
            let path = path.canonicalize()?;
            let (around, name) = eco_files::split(&path)?;
            return Self::in_folder(around, around, name);
        }
        let (around, name) = eco_files::split(path)?;
        Self::in_folder(path.parent().unwrap_or(around), around, name)
    }

    fn in_folder(path: &Path, around: &Path, name: &OsStr) -> io::Result<Self> {
        let around = Around {
            path: path.to_owned(),
            absolute: around.canonicalize()?,
            class: None,
        };
        Ok(Self {
            around: Arc::new(around),
            name: name.to_owned(),
        })
    }

    /// The same for the same place, whatever was typed.
    pub(super) fn absolute(&self) -> PathBuf {
        self.around.absolute.join(&self.name)
    }
}
