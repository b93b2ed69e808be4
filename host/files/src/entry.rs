//! Entries of a folder: their kinds, their rights, and the folder's locks.

use std::ffi::OsString;

/// The rights of a new file that takes an old one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The old file's rights, if that is this user's.
    AsBefore,
    /// The rights of any new file, whatever those of the old one are.
    AsNew,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name there.
    pub name: OsString,
    /// Its kind.
    pub kind: EntryKind,
}

/// The kind of an entry. A link is a link, wherever it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A link.
    Link,
    /// A pipe, a socket, a device.
    Other,
    /// The system doesn't say, for example in a folder that can't be searched.
    Unknown,
}

/// A lock of a folder, by the locks that others may have beside it. It stops only those who ask for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Others may have shared locks.
    Shared,
    /// Others may have no lock.
    Exclusive,
}

/// The start of a new file's temporary name. A number of sixteen hexadecimal digits follows.
pub(crate) const HALF: &str = ".eco-";
