//! The room of the plugins: loading them, their sandbox, and the calls into them.
//!
//! It owns everything of wasmtime. It must not know that sockets exist: chunks go in; bytes and
//! what comes next come out.
//!
//! The way in is [`Engine`], then [`Plugin::load`], then [`Plugin::session`] for each connection of
//! a server or [`Plugin::dialogue`] for a client. Whose plugins may be anybody's gives the engine a helper
//! program to compile them ([`Compiler::Helper`]).

mod abi;
mod alarm;
mod budget;
mod cache;
mod compile;
mod dialogue;
mod engine;
mod error;
mod guard;
mod inspect;
mod instance;
mod lab;
mod lane;
mod lately;
mod load;
mod loaded;
mod log;
mod misspelt;
mod plan;
mod poll;
mod sandbox;
mod script;
mod segments;
mod session;
mod shape;
mod source;
mod straight;
mod survey;

pub use budget::{Budget, Budgets};
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use compile::fuzzing;
pub use compile::{Compiler, Program, run_helper};
pub use dialogue::{Dialogue, Fault, Step, Turn};
pub use engine::Engine;
pub use error::{Error, LoadError};
pub use inspect::{Fit, Inspection};
pub use instance::Usage;
pub use lab::Lab;
pub use loaded::{Import, Kind, Plugin, Role};
pub use misspelt::Misspelt;
pub use script::{Language, keep_python};
pub use session::PluginSession;
pub use source::{BUILT_IN_CLIENTS, BUILT_IN_SERVERS, BuiltIn, Source};
