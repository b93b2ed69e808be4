//! The files of an exercise: in a folder, or shipped in the binary.
//!
//! It owns reading them. A name never leads out of the folder: a stranger's exercise can't have other files
//! of the machine sent to a plugin.

use bytesize::ByteSize;
use eco_files::{open, read_at_most};
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

    /// Whether the name exists, even if it is no file or can't be read: a dangling link, say.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => {
                let found = folder.join(name).symlink_metadata();
                !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            }
            Self::Shipped(_, files) => files.iter().any(|(file, _)| *file == name),
        }
    }

    /// The bytes of a file of at most `most` bytes.
    ///
    /// # Errors
    /// The folder has no such name, or it is no regular file, or it is larger, or it can't be read.
    pub fn read(&self, name: &str, most: usize) -> io::Result<Vec<u8>> {
        match self {
            Self::Folder(folder) => {
                let file = open(&inside(folder, name)?)?;
                let bytes = read_at_most(file, most)?;
                if bytes.len() > most {
                    let most = ByteSize(most as u64);
                    Err(io::Error::other(format!("it is larger than {most}")))
                } else {
                    Ok(bytes)
                }
            }
            Self::Shipped(_, files) => files
                .iter()
                .find(|(file, _)| *file == name)
                .map(|(_, bytes)| bytes.to_vec())
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }

    /// The path of a plugin, the same for all its names. Shipped exercises have no plugins.
    ///
    /// # Errors
    /// The folder has no such name.
    pub(super) fn plugin(&self, name: &str) -> io::Result<PathBuf> {
        match self {
            Self::Folder(folder) => inside(folder, name),
            Self::Shipped(..) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// The path of `name`, which must be in the folder also when links are followed.
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
    if path.starts_with(folder.canonicalize()?) {
        Ok(path)
    } else {
        Err(outside())
    }
}
