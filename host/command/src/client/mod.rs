//! What `eco send` and `eco load` have in common.

pub(crate) mod message;
pub(crate) mod reach;
pub(crate) mod replies;
