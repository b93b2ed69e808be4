//! Opening plain files: a pipe, a socket, a device or a folder is an error.

use std::fs::{File, FileType};
use std::io::{self, Read};
use std::path::Path;

/// The reason why something is not opened as a file.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system refuses it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// There is something else, such as a pipe.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Io(error) => error,
            OpenError::NotAFile(_) => Self::new(io::ErrorKind::InvalidInput, error),
        }
    }
}

/// Opens the file at this path, also through links. It never waits for the other end of a pipe, and opens nothing that
/// may be endless.
///
/// # Errors
/// See [`OpenError`].
pub fn open(path: &Path) -> Result<File, OpenError> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        // With this flag a pipe opens at once, and `plain` refuses it.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    match options.open(path) {
        Ok(file) => plain(file),
        // A socket can't even be opened.
        Err(error) => match path.metadata().map(|found| found.file_type()) {
            Ok(found) if !found.is_file() => {
                Err(not_a_file(found).map_or(OpenError::Io(error), OpenError::NotAFile))
            }
            _ => Err(error.into()),
        },
    }
}

/// The file, if it is a plain one.
pub(crate) fn plain(file: File) -> Result<File, OpenError> {
    let found = file.metadata()?.file_type();
    match not_a_file(found) {
        Some(what) => Err(OpenError::NotAFile(what)),
        None => Ok(file),
    }
}

/// A name for something that is no file.
fn not_a_file(found: FileType) -> Option<&'static str> {
    if found.is_file() {
        return None;
    }
    if found.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if found.is_fifo() {
            return Some("a pipe");
        }
        if found.is_socket() {
            return Some("a socket");
        }
    }
    Some("a device")
}

/// Reads up to one byte more than `most` and no further, so that a file that is too large, or endless, is recognized
/// without reading it all.
///
/// # Errors
/// Reading fails.
pub fn read_at_most(from: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The reason why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refuses it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Somebody wrote to it meanwhile: half of the old and half of the new could pass for a whole.
    #[error("the file changed while it was read")]
    Changing,
}

/// Reads as [`read_at_most`] does, and fails if somebody writes to the file meanwhile.
///
/// # Errors
/// See [`ReadError`].
pub fn read_unchanged(file: &File, most: usize) -> Result<Vec<u8>, ReadError> {
    let state = || file.metadata().map(|now| (now.len(), now.modified().ok()));
    let before = state()?;
    let bytes = read_at_most(file, most)?;
    if state()? == before {
        Ok(bytes)
    } else {
        Err(ReadError::Changing)
    }
}

/// The identity of a file, whatever its names are: two names of one file have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity(pub(crate) u64, pub(crate) u64);

impl Identity {
    /// The identity of an open file.
    ///
    /// # Errors
    /// The system doesn't say.
    pub fn of(file: &File) -> io::Result<Option<Self>> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let found = file.metadata()?;
            Ok(Some(Self(found.dev(), found.ino())))
        }
        #[cfg(not(unix))]
        {
            let _ = file;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_io_error_keeps_what_is_there_instead_of_a_file() {
        let error = io::Error::from(OpenError::NotAFile("a pipe"));
        assert_eq!(error.to_string(), "it is a pipe, not a file");
        let cause = error.get_ref().and_then(|it| it.downcast_ref());
        assert!(matches!(cause, Some(OpenError::NotAFile("a pipe"))));
    }
}
