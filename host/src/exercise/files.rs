//! Where the files of an exercise are: in a folder, or shipped in the binary.
//!
//! It owns reading them. A name never leads out of the folder, so that an exercise from somebody else
//! can't have other files of the machine sent to a plugin.

use crate::plugin::Source;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The files of one exercise.
#[derive(Clone, Debug)]
pub enum Files {
    /// On disk.
    Folder(PathBuf),
    /// In the binary: names in the exercise's folder, and contents.
    Shipped(&'static str, &'static [(&'static str, &'static [u8])]),
}

impl Files {
    /// The path of a file, for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Shipped(slug, _) => Path::new(slug).join(name),
        }
    }

    /// Whether there is such a file.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.join(name).is_file(),
            Self::Shipped(..) => self.read(name).is_ok(),
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// There is none of that name in the folder, or it can't be read.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        match self {
            Self::Folder(folder) => std::fs::read(inside(folder, name)?),
            Self::Shipped(_, files) => files
                .iter()
                .find(|(file, _)| *file == name)
                .map(|(_, bytes)| bytes.to_vec())
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }

    /// A file as a plugin; `None` if there is no such file.
    pub(super) fn plugin(&self, name: &str) -> Option<Source> {
        match self {
            Self::Folder(folder) => {
                let path = inside(folder, name).ok()?;
                path.is_file().then_some(Source::File(path))
            }
            Self::Shipped(..) => Some(Source::Bytes(name.to_owned(), self.read(name).ok()?)),
        }
    }
}

/// The file `name`, which must be in the folder also when links are followed.
fn inside(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let outside = || {
        let what = "it must be in the exercise's folder";
        io::Error::new(io::ErrorKind::InvalidInput, what)
    };
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(name).components().all(plain) {
        return Err(outside());
    }
    let path = folder.join(name).canonicalize()?;
    match path.starts_with(folder.canonicalize()?) {
        true => Ok(path),
        false => Err(outside()),
    }
}
