//! A store in a file: a change that a call was told is kept is there after the process was killed, or the machine lost
//! its power.
//!
//! `opening` decides which files are believed, `tables` has their form, `reading` and `changes` work on them, and
//! `writer` is the one thread that changes anything.

mod changes;
mod opening;
mod reading;
mod store;
mod tables;
mod writer;

pub(crate) use opening::has_something;
pub(crate) use store::FileStore;
