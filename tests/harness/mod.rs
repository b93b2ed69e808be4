//! What the tests stand on: the real binary, started and stopped, and bytes compared so that a
//! difference can be seen. It knows nothing of what is tested.

mod eco;
mod log;
mod same;

pub(crate) use eco::{Eco, Exited, Server, binary};
pub(crate) use same::assert_same;
