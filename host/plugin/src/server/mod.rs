//! A plugin in the role of a server.

mod component;
mod direct;
mod instance;
mod plugin;
mod session;
#[cfg(all(test, feature = "compile"))]
mod waits;

pub use plugin::ServerPlugin;
pub use session::PluginSession;
