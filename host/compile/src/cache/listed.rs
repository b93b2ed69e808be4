//! A file of a folder, as it is listed.

use std::time::SystemTime;

/// A file, as it is listed.
pub(super) struct Listed {
    pub(super) name: String,
    /// In bytes.
    pub(super) size: u64,
    pub(super) modified: SystemTime,
}
