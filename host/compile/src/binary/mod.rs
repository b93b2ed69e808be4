//! What the bytes of a component say before they are compiled. It runs in the helper, but for tests.

pub(crate) mod direct;
pub(crate) mod plan;
pub(crate) mod scan;
pub(crate) mod segments;
