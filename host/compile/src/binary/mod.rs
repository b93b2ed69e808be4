//! Inspection of a component's bytes before they are compiled. It runs in the compiler's process.

pub(crate) mod direct;
pub(crate) mod plan;
pub(crate) mod program;
pub(crate) mod scan;
pub(crate) mod segments;
