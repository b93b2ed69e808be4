//! Entries of a folder, and what is asked of them.

use std::ffi::OsString;

/// Who may read and write a new file that takes an old one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Who could before, if this user put the old one there.
    AsBefore,
    /// Who can read and write any new file: who put the old one there has no say.
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
    /// The system doesn't say, such as of entries of a folder that can't be searched.
    Unknown,
}

/// A lock of a folder, by the locks that others may have beside it. It holds nobody who doesn't ask for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The same.
    Shared,
    /// None.
    Exclusive,
}

/// How a new file's name begins, before it has its own; a number of sixteen hexadecimal digits follows.
pub(crate) const HALF: &str = ".eco-";
