//! A plugin in the role of a server.

mod component;
mod direct;
mod instance;
mod plugin;
mod session;

pub use plugin::ServerPlugin;
pub use session::PluginSession;
