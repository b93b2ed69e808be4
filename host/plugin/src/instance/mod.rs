//! One running instance, and the one way to call into it.
//!
//! It owns the store. `server` and `client` name the functions.

mod condition;
mod entered;
mod errors;
mod held_bytes;
mod limiter;
mod live;
mod owner;
pub(crate) mod state;
mod store;
mod template;
mod watch;
mod watching;

pub(crate) use condition::Condition;
pub(crate) use entered::{Entered, check_ended};
pub(crate) use held_bytes::most_held;
pub(crate) use live::{Instance, Started, start};
pub(crate) use owner::Owner;
pub(crate) use store::{Code, new_store};
pub(crate) use template::Template;
pub(crate) use watch::{DirectCalls, DirectWatch, Watch, call_span};
