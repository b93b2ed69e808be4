//! A plugin in the role of a server.

mod component;
mod direct;
mod plugin;
mod session;

pub use plugin::ServerPlugin;
pub use session::PluginSession;
