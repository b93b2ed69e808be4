//! Where the files of an exercise are: in a folder, or shipped in the binary.
//!
//! It owns reading them. A name never leads out of the folder, so that an exercise from somebody else
//! can't have other files of the machine sent to a plugin.

use eco_plugin::{Source, read_at_most};
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The largest file that is read: as much as all the steps of a case may have. A larger one is refused.
/// Test: `exercises::a_wrong_exercise_is_refused_with_its_line`.
const LARGEST: usize = 4 * 1024 * 1024;

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
            Self::Folder(folder) => {
                let file = File::open(inside(folder, name)?)?;
                let bytes = read_at_most(file, LARGEST)?;
                if bytes.len() > LARGEST {
                    Err(io::Error::other("it is larger than 4 MiB"))
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

    /// A file as a plugin; `None` if there is no such file. No exercise that is shipped has one.
    pub(super) fn plugin(&self, name: &str) -> Option<Source> {
        match self {
            Self::Folder(folder) => {
                let path = inside(folder, name).ok()?;
                path.is_file().then_some(Source::File(path))
            }
            Self::Shipped(..) => None,
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
