//! The users of kept files.

/// The users for whom files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Users {
    /// This user alone, in their cache folder.
    This,
    /// All users of this machine, in a folder that only root can write to. On Unix alone.
    All,
}
