//! What the tests and the benchmarks stand on: the real binary, started and stopped, and bytes
//! compared so that a difference can be seen.

mod eco;
mod log;
mod same;

pub use eco::{Eco, Exited, Following, Server, binary};
pub use same::assert_same;
