//! A plugin in the role of a client.

mod plugin;

pub use plugin::{ClientPlugin, Dialogue, Fault, Step, Turn};
