//! The plugins: loading them, their sandbox, and the calls into them.
//!
//! It owns everything of wasmtime. It must not know that sockets exist: chunks go in; bytes and
//! what comes next come out.
//!
//! The way in is [`Engine`], then [`ServerPlugin::load`] and [`ServerPlugin::session`] for each connection of
//! a server, or [`ClientPlugin::load`] and [`ClientPlugin::dialogue`] for a client. Whose plugins may be
//! anybody's gives the engine a helper program to compile them ([`Compiler::Helper`]).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use eco_contract::Session as _;
//! use eco_plugin::{BUILT_IN_SERVERS, Budgets, Compiler, Engine, ServerPlugin, Source};
//!
//! let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30)).build()?;
//! let echo = ServerPlugin::load(&engine, Source::named("echo", BUILT_IN_SERVERS)).await?;
//! let mut session = echo.session();
//! assert_eq!(session.receive(b"hello").await?.data, &b"hello"[..]);
//! # Ok(()) }
//! ```

mod abi;
mod budget;
mod cache;
mod client;
mod compile;
mod cpu;
mod direct;
mod engine;
mod error;
mod imports;
mod instance;
mod laboratory;
mod load;
mod loaded;
mod server;
mod snapshot;

pub use budget::{Budget, Budgets};
pub use cache::Users;
pub use client::{ClientPlugin, Dialogue, Fault, Step, Turn};
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use compile::fuzzing;
pub use compile::{Compiler, Program, run_helper};
pub use engine::{Engine, EngineBuilder};
pub use error::{EngineError, Error, LoadError};
pub use imports::offered;
pub use instance::Usage;
pub use laboratory::Laboratory;
pub use load::absent::Absent;
pub use load::inspect::{Fit, Inspection};
pub use load::misspelt::Misspelt;
pub use load::script::{Language, check_python_folder, keep_python};
pub use load::source::{BUILT_IN_CLIENTS, BUILT_IN_SERVERS, BuiltIn, Source};
pub use loaded::{Import, Interface};
pub use server::{PluginSession, ServerPlugin};
