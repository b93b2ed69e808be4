//! Opening a store's file: this user's own, for nobody else to read, to write or to lock.
//!
//! It decides which files are believed. It looks at the open file, as another may have its name by now.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens the file, or makes one.
///
/// # Errors
/// The system refuses it; or it is no plain file of this user's own that nobody else can write to, and the error says
/// what to do.
pub(super) fn open(path: &Path) -> io::Result<File> {
    match system::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match system::create(path) {
            // Somebody else was as quick.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => system::open(path),
            created => created,
        },
        opened => opened,
    }
}

/// Takes the right to read from all others, as a reader can lock a file. An earlier version left it to them. Only a
/// file that has proved to be a store is changed.
pub(super) fn close_to_others(file: &File, path: &Path) {
    match system::close_to_others(file) {
        Ok(false) => {}
        Ok(true) => tracing::warn!(
            "other users could read {}; it is this user's alone from now on",
            path.display()
        ),
        Err(error) => tracing::warn!("other users can read {}: {error}", path.display()),
    }
}

/// Warns if every user can put another file in the place of this one. eco would not believe that file, but the store
/// would be lost.
pub(super) fn warn_of_folder(path: &Path) {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if system::is_open_to_all(folder) {
        tracing::warn!(
            "every user can remove {}: the folder {} is open to all (chmod o-w mends that)",
            path.display(),
            folder.display()
        );
    }
}

/// Whether there may be a store: a file that is there and not empty, whatever it is.
pub(crate) fn has_something(path: &Path) -> bool {
    let found = path.symlink_metadata();
    found.is_ok_and(|found| !(found.is_file() && found.len() == 0))
}

#[cfg(unix)]
mod system {
    use rustix::fs::{Mode, OFlags};
    use std::fs::{File, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::Path;

    /// For its owner to read and to write.
    const OWN: u32 = Mode::RUSR.union(Mode::WUSR).bits();
    const OTHERS: u32 = Mode::RWXG.union(Mode::RWXO).bits();
    const OTHERS_WRITE: u32 = Mode::WGRP.union(Mode::WOTH).bits();

    fn options() -> OpenOptions {
        // In a folder that is open to all, a link may be anybody's. Nobody waits for the other end of a pipe.
        let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits();
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(OWN);
        options.custom_flags(flags.cast_signed());
        options
    }

    pub(super) fn create(path: &Path) -> io::Result<File> {
        let file = options().create_new(true).open(path)?;
        // The user's mask may have left less of it.
        file.set_permissions(Permissions::from_mode(OWN))?;
        Ok(file)
    }

    pub(super) fn open(path: &Path) -> io::Result<File> {
        let file = options().open(path).map_err(|error| {
            let is_link = path
                .symlink_metadata()
                .is_ok_and(|found| found.is_symlink());
            match error.kind() {
                // Those of a link that leads nowhere, too.
                _ if is_link => refusal("it is a link: name the file that it leads to"),
                _ => error,
            }
        })?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(refusal("it is no file"));
        }
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(refusal(
                "it belongs to another user: be that user, or name another file",
            ));
        }
        if found.mode() & OTHERS_WRITE != 0 {
            return Err(refusal(
                "other users can write to it, and may have (chmod 600 on it mends that)",
            ));
        }
        Ok(file)
    }

    /// Whether it was open to them.
    pub(super) fn close_to_others(file: &File) -> io::Result<bool> {
        if file.metadata()?.mode() & OTHERS == 0 {
            return Ok(false);
        }
        file.set_permissions(Permissions::from_mode(OWN))?;
        Ok(true)
    }

    /// Whether each user can write to the folder, and remove what others have there.
    pub(super) fn is_open_to_all(folder: &Path) -> bool {
        let all = Mode::WOTH.bits();
        let found = folder.metadata();
        found.is_ok_and(|found| found.mode() & (all | Mode::SVTX.bits()) == all)
    }

    fn refusal(why: &str) -> io::Error {
        io::Error::other(why)
    }
}

/// Systems where eco can't tell who may write.
#[cfg(not(unix))]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn create(path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).open(path)
    }

    pub(super) fn open(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(path)
    }

    pub(super) fn close_to_others(_: &File) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn is_open_to_all(_: &Path) -> bool {
        false
    }
}
