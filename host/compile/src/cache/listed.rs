//! Entries of a folder's listing.

use std::time::SystemTime;

/// A file in the listing of a folder.
pub(super) struct Listed {
    pub(super) name: String,
    /// In bytes.
    pub(super) size: u64,
    pub(super) modified: SystemTime,
}
