//! A folder by its path, on systems where eco can't tell who may write to it. See `folder`.

use crate::cache::listed::Listed;
use crate::cache::users::Users;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn make(path: &Path, users: Users) -> io::Result<Self> {
        match users {
            Users::This => fs::create_dir_all(path)?,
            Users::All => return Self::open(path, users),
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn open(path: &Path, users: Users) -> io::Result<Self> {
        match users {
            Users::This => Ok(Self(path.to_owned())),
            // eco can't tell here who has written the files.
            Users::All => Err(io::Error::other("is not for all users on this system")),
        }
    }

    pub(crate) fn inside(&self, name: &str) -> io::Result<Self> {
        Self::make(&self.0.join(name), Users::This)
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        match self.0.symlink_metadata()?.is_dir() {
            true => Ok(()),
            false => Err(io::Error::other("is no folder")),
        }
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        File::open(self.0.join(name))
    }

    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        File::create_new(self.0.join(name))
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    pub(crate) fn list(&self) -> io::Result<Vec<Listed>> {
        let mut files = Vec::new();
        for entry in self.0.read_dir()?.flatten() {
            let (Ok(metadata), Ok(name)) = (entry.metadata(), entry.file_name().into_string())
            else {
                continue;
            };
            if metadata.is_file() {
                files.push(Listed {
                    name,
                    size: metadata.len(),
                    modified: metadata.modified()?,
                });
            }
        }
        Ok(files)
    }
}

pub(crate) fn check_file(file: &File, _: Users) -> io::Result<()> {
    match file.metadata()?.is_file() {
        true => Ok(()),
        false => Err(io::Error::other("is no file")),
    }
}

pub(crate) fn unnamed() -> io::Result<File> {
    tempfile::tempfile()
}
