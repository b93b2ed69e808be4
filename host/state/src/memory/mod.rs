//! State in the memory of this process: it ends with it.

mod entries;
mod lookup;
mod store;
mod topics;

pub(crate) use store::MemoryStore;
pub(crate) use topics::MemoryTopics;
