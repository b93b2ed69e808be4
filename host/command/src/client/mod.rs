//! The common part of the two clients, `eco send` and `eco load`: their message, and the words of their failures.

pub(crate) mod layers;
pub(crate) mod message;
pub(crate) mod reach;
pub(crate) mod replies;
pub(crate) mod tls;
