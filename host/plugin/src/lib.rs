//! The plugins: loading them, their sandbox, and the calls into them.
//!
//! It owns running plugins, with wasmtime. Chunks go in, replies come out: the crate does not depend on the crates of
//! sockets.
//!
//! The way in is [`Engine`], then [`ServerPlugin::load`] and [`ServerPlugin::session`] for each connection of a
//! server, or [`ClientPlugin::load`] and [`ClientPlugin::dialogue`] for a client. A program that serves anybody's
//! plugins has the engine compile them in a helper, which may be the same program ([`Compiler::this_program`]).
//!
//! # Features
//!
//! All are on by default. `javascript`, `lua` and `python` are the languages of scripts, the first two with their
//! interpreters. `compile` is the compiler: without it, code comes from a helper that is another program, such as `eco`, or
//! from a cache that such a helper has filled.
//!
#![cfg_attr(feature = "compile", doc = "```")]
#![cfg_attr(not(feature = "compile"), doc = "```ignore")]
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
//!
//! # A plugin as a function
//!
//! A [`PluginSession`] needs no connection: [`receive`](eco_contract::Session::receive) takes bytes, and returns those
//! of the plugin. A plugin that exports `session` should be called with `open` first, as on a connection.
//!
#![cfg_attr(feature = "compile", doc = "```")]
#![cfg_attr(not(feature = "compile"), doc = "```ignore")]
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use eco_contract::Session as _;
//! # use eco_plugin::{BUILT_IN_SERVERS, Budgets, Compiler, Engine, ServerPlugin, Source};
//! # use std::time::Duration;
//! # let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30)).build()?;
//! # let plugin = ServerPlugin::load(&engine, Source::named("echo", BUILT_IN_SERVERS)).await?;
//! let mut function = plugin.session();
//! // By the clock; `Budgets::cpu` is processor time, which passes slower on a busy machine.
//! function.set_deadline(Duration::from_millis(50));
//! let answer = match function.receive(b"hello").await {
//!     Ok(reply) => Some(reply.data.into_owned()),
//!     Err(error) => {
//!         eprintln!("{error}");
//!         None
//!     }
//! };
//! assert_eq!(answer.as_deref(), Some(&b"hello"[..]));
//! // The next call has a new instance: after a failure, or so that it knows nothing of this one.
//! function.reset();
//! # Ok(()) }
//! ```
//!
//! A call that fails, or whose future is dropped, leaves a dead instance; see [`PluginSession`].
//! [`usage`](PluginSession::usage) tells what an instance has used.
//!
//! What a call with 16 bytes takes, which come back, in nanoseconds, on AMD EPYC, family 25 model 1. A new instance for
//! each call is `reset`, then the call; an engine is pooled with [`EngineBuilder::pooled`]. The first row is of plugins
//! whose binary shows that every call is over in microseconds.
//!
//! | plugin | call | call, pooled | new | new, pooled |
//! |---|---|---|---|---|
//! | called directly | 143 | 146 | 21850 | 4524 |
//! | any plugin | 786 | 785 | 34349 | 5445 |
//! | JavaScript | 1418 | 1414 | 407370 | 17262 |
//! | Lua | 1317 | 1308 | 129522 | 14788 |
//!
//! # Programs
//!
//! A program that reads standard input and writes standard output, and knows nothing of eco, is loaded and called in the
//! same way: see [`ProgramSettings`]. A call hands it a chunk, and returns what it has written when it waits for input
//! again.

#![forbid(unsafe_code)]

mod abi;
mod call;
mod client;
mod cpu;
mod engine;
mod engine_state;
mod error;
mod evaluation;
mod figures;
mod function;
mod host_import;
mod imports;
mod inspect;
mod instance;
mod laboratory;
mod linking;
mod loaded;
mod loading;
mod observe;
mod participation;
mod plugin_log;
mod program;
mod server;
mod snapshot;
mod stdio;
mod templates;
mod usage;

pub use client::{ClientPlugin, Dialogue, Fault, Step, Turn};
#[cfg(feature = "compile")]
pub use eco_compile::if_helper;
pub use eco_compile::{
    Absent, BUILT_IN_CLIENTS, BUILT_IN_SERVERS, Budget, Budgets, BuiltIn, Cache, CompileError,
    Compiler, Language, Misspelt, Program, Source, check_python_folder, keep_python,
};
pub use engine::{Engine, EngineBuilder, EngineCounters, Shares, SharesCounters};
pub use error::{EngineError, Error, LoadError};
pub use figures::{CALL_TIMES, CallCounts, EngineFigures};
#[doc(hidden)]
pub use host_import::private as __private;
pub use host_import::{Arguments, HostImport, MOST_BYTES, Returned, Trap, Value};
pub use imports::caller::Caller;
pub use imports::offered;
pub use inspect::{Fit, Inspection};
pub use laboratory::Laboratory;
pub use loaded::{Import, Interface};
pub use observe::{EngineEvent, ObservedCalls};
pub use participation::event::CalledFor;
pub use plugin_log::Level;
pub use server::{PluginSession, ServerPlugin};
pub use stdio::ProgramSettings;
pub use usage::Usage;
