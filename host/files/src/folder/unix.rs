//! A folder by its descriptor, on Unix. See `folder`.

use crate::entry::{Access, Entry, EntryKind, HALF, Lock};
use crate::open::Identity;
use rustix::fs::{self, AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat};
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::SystemTime;

pub(super) struct Folder(OwnedFd);

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// The rights of an ordinary new file, which the user's mask reduces.
const NEW_FILE: Mode = Mode::from_raw_mode(0o666);
const NEW_FOLDER: Mode = Mode::from_raw_mode(0o777);
/// The rights of a folder of this user's own.
const OWN_FOLDER: Mode = Mode::RWXU;

impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::open(path, FOLDER, Mode::empty())?))
    }

    pub(super) fn own(path: &Path) -> io::Result<Self> {
        if let Some(above) = path.parent() {
            let mut above_it = DirBuilder::new();
            above_it.recursive(true).mode(OWN_FOLDER.bits());
            // A failure shows below, when the folder itself is opened.
            let _ = above_it.create(above);
        }
        Self::own_at(CWD, path.as_os_str())
    }

    pub(super) fn enter_own(&self, name: &OsStr) -> io::Result<Self> {
        Self::own_at(&self.0, name)
    }

    fn own_at(folder: impl AsFd + Copy, name: &OsStr) -> io::Result<Self> {
        let made = fs::mkdirat(folder, name, OWN_FOLDER);
        let opened = fs::openat(folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        if made.is_ok() {
            // The user's mask may have removed some of these rights.
            fs::fchmod(&opened, OWN_FOLDER)?;
        }
        let found = fs::fstat(&opened)?;
        if found.st_uid != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other("it belongs to another user"));
        }
        if Mode::from_raw_mode(found.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
            return Err(io::Error::other("other users can write to it"));
        }
        Ok(Self(opened))
    }

    pub(super) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        let opened = fs::openat(&self.0, name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
        opened
            .map(Self)
            .map_err(|error| self.refusal(name, error.into()))
    }

    pub(super) fn make(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::mkdirat(&self.0, name, NEW_FOLDER)?)
    }

    pub(super) fn file(&self, name: &OsStr) -> io::Result<File> {
        // With NONBLOCK a pipe opens without waiting for its other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = fs::openat(&self.0, name, flags, Mode::empty());
        opened
            .map(File::from)
            .map_err(|error| self.refusal(name, error.into()))
    }

    /// An error that names a link or another non-file as the cause; the system's own words for these differ.
    fn refusal(&self, name: &OsStr, error: io::Error) -> io::Error {
        match self.kind(name) {
            Ok(EntryKind::Link) => io::Error::new(io::ErrorKind::InvalidInput, "it is a link"),
            Ok(EntryKind::Other) => io::Error::new(io::ErrorKind::InvalidInput, "it is no file"),
            _ => error,
        }
    }

    pub(super) fn kind(&self, name: &OsStr) -> io::Result<EntryKind> {
        self.found(name).map(|found| kind(&found))
    }

    fn found(&self, name: &OsStr) -> io::Result<Stat> {
        Ok(fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Up to `most` of its entries.
    pub(super) fn entries(&self, most: usize) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            if entries.len() == most {
                break;
            }
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match self.kind(name) {
                Ok(kind) => kind,
                // Somebody removed it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_) => EntryKind::Unknown,
            };
            entries.push(Entry {
                name: name.to_owned(),
                kind,
            });
        }
        Ok(entries)
    }

    pub(super) fn try_writing(&self) -> io::Result<()> {
        let (name, _) = self.beside(NEW_FILE)?;
        Ok(fs::unlinkat(&self.0, &name, AtFlags::empty())?)
    }

    pub(super) fn modified(&self) -> io::Result<SystemTime> {
        File::from(self.0.try_clone()?).metadata()?.modified()
    }

    pub(super) fn identity(&self) -> io::Result<Option<Identity>> {
        let found = fs::fstat(&self.0)?;
        Ok(Some(Identity(found.st_dev, found.st_ino)))
    }

    pub(super) fn try_lock(&self, lock: Lock) -> io::Result<bool> {
        let wanted = match lock {
            Lock::Shared => FlockOperation::NonBlockingLockShared,
            Lock::Exclusive => FlockOperation::NonBlockingLockExclusive,
        };
        match fs::flock(&self.0, wanted) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(super) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    pub(super) fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    pub(super) fn replace(&self, name: &OsStr, bytes: &[u8], access: Access) -> io::Result<()> {
        let old = self.found(name).ok();
        let old_type = old.as_ref().map(|old| FileType::from_raw_mode(old.st_mode));
        match old_type {
            Some(FileType::Directory) => {
                return Err(io::Error::new(
                    io::ErrorKind::IsADirectory,
                    "it is a folder",
                ));
            }
            Some(FileType::CharacterDevice | FileType::BlockDevice) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "it is a device",
                ));
            }
            _ => {}
        }
        let own = rustix::process::geteuid().as_raw();
        let kept = old.filter(|old| {
            let is_file = FileType::from_raw_mode(old.st_mode) == FileType::RegularFile;
            access == Access::AsBefore && is_file && old.st_uid == own
        });
        let kept = kept.map(|old| Mode::from_raw_mode(old.st_mode & 0o777));
        // The new file never has more rights than it will have in the end, so nobody else can open it early.
        let (new_name, mut file) = self.beside(kept.unwrap_or(NEW_FILE))?;
        let mut put = || -> io::Result<()> {
            if let Some(kept) = kept {
                // The user's mask may have removed some of these rights.
                fs::fchmod(&file, kept)?;
            }
            file.write_all(bytes)?;
            Ok(fs::renameat(&self.0, &new_name, &self.0, name)?)
        };
        let written = put();
        if written.is_err() {
            let _ = fs::unlinkat(&self.0, &new_name, AtFlags::empty());
        }
        written
    }

    /// Makes a new file with an unpredictable name, and with no more rights than these.
    fn beside(&self, rights: Mode) -> io::Result<(OsString, File)> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let number = getrandom::u64().map_err(io::Error::other)?;
        let name = OsString::from(format!("{HALF}{number:016x}"));
        let file = fs::openat(&self.0, &name, flags, rights)?;
        Ok((name, file.into()))
    }
}

fn kind(found: &Stat) -> EntryKind {
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Folder,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// A descriptor that somebody opened before rights were taken away would stay usable.
    #[test]
    fn a_new_file_never_has_more_rights_than_it_will_have() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let (_, file) = folder.beside(Mode::from_raw_mode(0o600)).unwrap();
        assert_eq!(fs::fstat(&file).unwrap().st_mode & 0o777, 0o600);
    }
}
