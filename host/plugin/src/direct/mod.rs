//! The fast path: plugins that are called directly, past the component layer.
//!
//! `detect` finds those of which it can be seen that every call is over in microseconds, and `call` calls
//! them.

pub(crate) mod call;
pub(crate) mod detect;
