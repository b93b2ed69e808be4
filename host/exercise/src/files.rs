//! Where the files of an exercise are: in a folder, or shipped in the binary.
//!
//! It owns reading them. A name never leads out of the folder, so that an exercise from somebody else
//! can't have other files of the machine sent to a plugin.

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

    /// Whether there is something of that name, also if it is no file or can't be read: a link that leads nowhere, say.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => {
                let found = folder.join(name).symlink_metadata();
                !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            }
            Self::Shipped(_, files) => files.iter().any(|(file, _)| *file == name),
        }
    }

    /// The bytes of a file, which are no more than `most`.
    ///
    /// # Errors
    /// There is none of that name in the folder, or it is no file but a pipe, say, or larger, or can't be read.
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

    /// The path of a file that is a plugin: the same one for each name of it. No exercise that is shipped has one.
    ///
    /// # Errors
    /// There is none of that name in the folder.
    pub(super) fn plugin(&self, name: &str) -> io::Result<PathBuf> {
        match self {
            Self::Folder(folder) => inside(folder, name),
            Self::Shipped(..) => Err(io::ErrorKind::NotFound.into()),
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
    if path.starts_with(folder.canonicalize()?) {
        Ok(path)
    } else {
        Err(outside())
    }
}
