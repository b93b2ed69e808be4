//! State on Redis, or Valkey: any number of hosts share it.
//!
//! All that must happen at once is a script, and what a topic's members hear comes to their host through Redis as
//! well, in the one order that its scripts give it. `links` has the connections to a `server`, each a `link` over a
//! `stream` whose answers are bounded (`bound`); `store` and `topics` ask over them; `hub` has the members that are here,
//! `lease` keeps this host's part alive, and `leaving` tells Redis who leaves.

mod bound;
mod event;
mod hub;
mod lease;
mod leaving;
mod link;
mod links;
mod remedy;
mod script;
mod server;
mod store;
mod stream;
mod topics;
mod url;

pub(crate) use links::Links;
pub(crate) use store::RedisStore;
pub(crate) use topics::RedisTopics;
