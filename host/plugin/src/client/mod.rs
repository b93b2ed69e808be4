//! A plugin in the role of a client.

mod dialogue;
mod plugin;
mod turn;

pub use dialogue::Dialogue;
pub use plugin::ClientPlugin;
pub use turn::{Fault, Step, Turn};
