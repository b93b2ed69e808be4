//! A folder by its descriptor, on Unix. See `folder`.

use crate::cache::listed::Listed;
use crate::cache::users::Users;
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

pub(crate) struct Place(OwnedFd, Users);

impl Users {
    /// The rights of a folder.
    fn folder(self) -> Mode {
        match self {
            Self::This => Mode::RWXU,
            Self::All => Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH,
        }
    }

    /// The rights of a file.
    fn file(self) -> Mode {
        match self {
            Self::This => Mode::RUSR | Mode::WUSR,
            Self::All => Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH,
        }
    }

    /// The user who must own folders and files.
    fn owner(self) -> u32 {
        match self {
            Self::This => rustix::process::geteuid().as_raw(),
            Self::All => rustix::process::Uid::ROOT.as_raw(),
        }
    }
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Place {
    /// Opens a folder, and makes it first if there is none.
    pub(crate) fn make(path: &Path, users: Users) -> io::Result<Self> {
        if users == Users::All && !rustix::process::geteuid().is_root() {
            return Err(io::Error::other("is for root to make"));
        }
        // An existing folder stays as it is. A failure shows below, when the last folder is opened.
        for parent in path.ancestors().skip(1).collect::<Vec<_>>().iter().rev() {
            if fs::mkdir(*parent, users.folder()).is_ok() && users == Users::All {
                // The user's mask may have removed rights that all users need to pass through.
                fs::chmod(*parent, users.folder())?;
            }
        }
        Self::at(CWD, path, users)
    }

    pub(crate) fn open(path: &Path, users: Users) -> io::Result<Self> {
        Ok(Self(fs::open(path, FOLDER, Mode::empty())?, users))
    }

    pub(crate) fn inside(&self, name: &str) -> io::Result<Self> {
        Self::at(&self.0, name, self.1)
    }

    fn at(
        folder: impl AsFd + Copy,
        name: impl rustix::path::Arg + Copy,
        users: Users,
    ) -> io::Result<Self> {
        let made = fs::mkdirat(folder, name, users.folder());
        let opened = fs::openat(folder, name, FOLDER, Mode::empty())?;
        if made.is_ok() {
            // The user's mask may have removed some of these rights.
            fs::fchmod(&opened, users.folder())?;
        }
        Ok(Self(opened, users))
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        check(&fs::fstat(&self.0)?, self.1)
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        // With NONBLOCK a pipe opens without waiting for its other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        Ok(fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?;
        fs::fchmod(&file, self.1.file())?;
        Ok(file.into())
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.0, from, &self.0, to)?)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(crate) fn list(&self) -> io::Result<Vec<Listed>> {
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

/// Checks that it is a plain file of its owner's, which nobody else can write to.
pub(crate) fn check_file(file: &File, users: Users) -> io::Result<()> {
    let stat = fs::fstat(file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("is no file"));
    }
    check(&stat, users)
}

fn check(stat: &Stat, users: Users) -> io::Result<()> {
    if stat.st_uid != users.owner() {
        return Err(io::Error::other(match users {
            Users::This => "belongs to another user",
            Users::All => "does not belong to root",
        }));
    }
    if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
        return Err(io::Error::other(
            "can be written to by other users (chmod go-w mends that)",
        ));
    }
    Ok(())
}

/// Makes a file in memory where the system can, else in the folder for temporary files.
pub(crate) fn unnamed() -> io::Result<File> {
    #[cfg(target_os = "linux")]
    if let Ok(file) = fs::memfd_create("eco", fs::MemfdFlags::CLOEXEC) {
        return Ok(file.into());
    }
    tempfile::tempfile()
}
