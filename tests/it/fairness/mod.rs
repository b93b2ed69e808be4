//! How connections share the processors and each other's attention.

mod events;
pub(crate) mod processors;
