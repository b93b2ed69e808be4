//! A folder by its descriptor, on Unix. See `folder`.

use super::folder::Listed;
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

pub(super) struct Place(OwnedFd);

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Place {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let parent = path.parent().unwrap_or(Path::new("/"));
        // One that exists is left as it is, and one that can't be made is found out right below.
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(parent);
        Self::at(CWD, path)
    }

    pub(super) fn inside(&self, name: &str) -> io::Result<Self> {
        Self::at(&self.0, name)
    }

    fn at(folder: impl AsFd + Copy, name: impl rustix::path::Arg + Copy) -> io::Result<Self> {
        let _ = fs::mkdirat(folder, name, Mode::RWXU);
        Ok(Self(fs::openat(folder, name, FOLDER, Mode::empty())?))
    }

    pub(super) fn check(&self) -> io::Result<()> {
        check(&fs::fstat(&self.0)?)
    }

    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        // Nobody waits for the other end, should it be a pipe.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        Ok(fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.0, from, &self.0, to)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(super) fn list(&self) -> io::Result<Vec<Listed>> {
        let mut files = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            // Another process may have removed it.
            let Ok(stat) = fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                let since = Duration::from_secs(u64::try_from(stat.st_mtime).unwrap_or(0));
                files.push(Listed {
                    name: name.to_owned(),
                    size: u64::try_from(stat.st_size).unwrap_or(0),
                    modified: UNIX_EPOCH + since,
                });
            }
        }
        Ok(files)
    }
}

/// Whether it is a plain file of the user's own, which nobody else can write to.
pub(super) fn check_file(file: &File) -> io::Result<()> {
    let stat = fs::fstat(file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("is no file"));
    }
    check(&stat)
}

fn check(stat: &Stat) -> io::Result<()> {
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("belongs to another user"));
    }
    if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
        return Err(io::Error::other(
            "can be written to by other users (chmod go-w mends that)",
        ));
    }
    Ok(())
}

/// In memory, where the system has that; else in the folder for temporary files.
pub(super) fn unnamed() -> io::Result<File> {
    #[cfg(target_os = "linux")]
    if let Ok(file) = fs::memfd_create("eco", fs::MemfdFlags::CLOEXEC) {
        return Ok(file.into());
    }
    tempfile::tempfile()
}
