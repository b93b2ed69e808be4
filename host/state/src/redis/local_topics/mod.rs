//! The topics that have members on this host: those members, and the known ones on other hosts.
//!
//! It decides which member is told what, and knows nothing of connections to Redis.

mod events;
mod listing;
mod members;
#[cfg(test)]
mod scenarios;
mod topic;
mod topics;

pub(super) use topic::Ticket;
pub(super) use topics::LocalTopics;
