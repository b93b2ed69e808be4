//! State on Redis, or Valkey: any number of hosts share it.
//!
//! Every change that must happen at once is a script. Its events come to the members' hosts through Redis as well, in
//! the one order that the scripts give them.
//!
//! From the ground: `url`, `stream` and `bounded` make the stream to a `server`, whose answers are bounded; a `link` is
//! one connection over it, and `links` are the two that a host has (`sizes` bounds them, `remedy` judges errors).
//! `script` and `published` are the two directions of the scripts' protocol. `local_topics` has the members that are
//! here, `leaving` and `loss` wait for Redis, and `host` holds all of this. Over it work `remove`, `lists`, `lease` and
//! `reconnect`. `topics` and `store` are the backends.

mod bounded;
mod host;
mod lease;
mod leaving;
mod link;
mod links;
mod lists;
mod local_topics;
mod loss;
mod published;
mod reconnect;
mod remedy;
mod remove;
mod script;
mod server;
mod sizes;
mod store;
mod stream;
mod topics;
mod url;

pub(crate) use links::Links;
pub(crate) use store::RedisStore;
pub(crate) use topics::RedisTopics;
