//! The users of kept files, who decide about their owner and their rights.

/// The users for whom files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Users {
    /// This user alone, in a folder of theirs.
    This,
    /// All users of this machine, in a folder that only root can write to. On Unix alone.
    All,
}
