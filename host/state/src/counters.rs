//! What a state holds at a moment, for whoever watches it.

/// What a state holds at a moment: [`SharedState::counters`](super::SharedState::counters). Numbers are read one after
/// the other, so that they may be of slightly different moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Topics that have members on this host, or listeners.
    pub topics: usize,
    /// Members of these, as this host knows them, with listeners: on Redis those of other hosts, too. One that is in two
    /// topics counts twice.
    pub members: usize,
    /// Bytes of all events that wait on this host, and of their places in mailboxes: what
    /// [`Limits::waiting`](super::Limits::waiting) bounds.
    pub waiting: usize,
    /// Events that a mailbox of this host had no room for, since the state was opened: each counts for each mailbox.
    pub missed: u64,
    /// Keys of the store, some of which may have expired. `None` where nobody knows without asking: on Redis.
    pub keys: Option<usize>,
    /// Bytes of the store, as [`Limits::store`](super::Limits::store) counts them. `None` on Redis.
    pub store: Option<usize>,
    /// Transactions that were written to the file since it was opened. `None` in memory and on Redis.
    pub commits: Option<u64>,
    /// Bytes of memory that this process holds of it: the events that wait, and the store where that is in memory.
    pub held: usize,
    /// Whether the place can be reached, as far as anybody knows: the link to Redis. In memory and in a file always.
    pub is_there: bool,
}

/// The topics that a backend has for this host: [`TopicsBackend::counts`](super::TopicsBackend::counts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicCounts {
    /// Topics that have members here.
    pub topics: usize,
    /// Members of these that are known here. One that is in two topics counts twice.
    pub members: usize,
}

/// What a store has: [`StoreBackend::counts`](super::StoreBackend::counts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreCounts {
    /// Keys, some of which may have expired.
    pub keys: usize,
    /// Bytes of keys and values, and of what each needs besides.
    pub bytes: usize,
    /// Transactions that were written since it was opened, if it has any.
    pub commits: Option<u64>,
}
