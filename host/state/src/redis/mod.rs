//! State on Redis, or Valkey: any number of hosts share it.
//!
//! All that must happen at once is a script, and what a topic's members hear comes to their host through Redis as
//! well, in the one order that its scripts give it. `link` has the connection; `store` and `topics` ask over it;
//! `hub` has the members that are here.

mod event;
mod hub;
mod lease;
mod link;
mod remedy;
mod script;
mod store;
mod topics;
mod url;

pub(crate) use link::Link;
pub(crate) use store::RedisStore;
pub(crate) use topics::RedisTopics;
