//! A TCP host whose bytes are decided by sandboxed WebAssembly plugins: the crate to embed.
//!
//! Give it a plugin and a listener. This program serves a script, whoever wrote it:
//!
//! ```no_run
#![doc = include_str!("../examples/script.rs")]
//! ```
//!
//! [`if_helper`] comes first: [`Compiler::this_program`] starts the program once more for each plugin that is compiled,
//! as a helper with limits that can be killed. For plugins that are trusted there is [`Compiler::InProcess`].
//!
//! The items that most programs use are at this level. The modules have all: [`contract`] between a connection and its
//! session, [`net`] with the sockets, [`plugin`] with the sandbox, and [`state`] that connections share.
//!
//! # Listening on anything
//!
//! A [`Server`] has any number of listeners, each with sessions of its own. [`net::Listener`] and [`net::Transport`]
//! are there for TCP and Unix sockets, and to be implemented.
//!
#![cfg_attr(unix, doc = "```no_run")]
#![cfg_attr(unix, doc = include_str!("../examples/unix.rs"))]
#![cfg_attr(unix, doc = "```")]
//!
//! TLS is a transport too, by the library of your choice. [`Handshake`] runs its handshake in the connection's own
//! task.
//!
//! ```no_run
#![doc = include_str!("../examples/tls.rs")]
//! ```
//!
//! # Swapping a plugin
//!
//! The closure that makes sessions is asked for each connection.
//!
//! ```no_run
#![doc = include_str!("../examples/swap.rs")]
//! ```
//!
//! # Functions of your own
//!
//! A plugin has no functions but those that it is given. A [`HostImport`] is Rust behind a function of your own WIT
//! package, with bounds and a price; scripts reach it under a name that you give. [`record!`](plugin::record) makes the
//! type of a record.
//!
//! ```no_run
#![doc = include_str!("../examples/import.rs")]
//! ```
//!
//! # Sessions of your own
//!
//! A [`Session`] decides the bytes of one connection. A plugin's is one; others are plain Rust.
//!
//! ```no_run
#![doc = include_str!("../examples/session.rs")]
//! ```
//!
//! # Observing
//!
//! What happens is told as types: a [`ServerEvent`] for each connection, an [`EngineEvent`] for each load, call and
//! line of a plugin. What nobody asks for costs nothing. The log, by `tracing`, has connections and lines too.
//! [`Server::observe_streams`] tells of each chunk and reply, and [`capture`] keeps them, within bounds, for whoever looks.
//!
//! ```no_run
#![doc = include_str!("../examples/observe.rs")]
//! ```
//!
//! Connections and calls are spans of `tracing` too, for a tracer:
//!
//! ```no_run
#![doc = include_str!("../examples/spans.rs")]
//! ```
//!
//! # A plugin as a function
//!
//! ```no_run
#![doc = include_str!("../examples/function.rs")]
//! ```
//!
//! # State
//!
//! ```no_run
#![doc = include_str!("../examples/state.rs")]
//! ```
//!
//! # What it leaves to you
//!
//! Nothing is written to a disk, unless an engine has a [`Cache`], or a state a file. [`EngineBuilder::build`],
//! [`Server::start`] and [`SharedState::open`] list the threads that there are. [`Budgets`] hold a plugin, [`Limits`] a server, and [`state::Limits`] what is shared: each has
//! defaults, with their reasons.
//!
//! # Features
//!
//! All are on by default. With all of them a program has 201 crates more, and with none 153. Its `Cargo.lock` has
//! `idna_adapter` 1.1 then, as eco's has (`cargo update -p idna_adapter --precise 1.1.0`); later ones need sixteen
//! crates more.
//!
//! | feature | saves | without it |
//! |---|---|---|
//! | `compile` | 26 crates | this process compiles nothing, and is no helper: another program is, such as `eco`; JavaScript and Lua run in portable code without one |
//! | `javascript` | 3.9 MB | there are no scripts in JavaScript |
//! | `lua` | 1.4 MB | there are no scripts in Lua |
//! | `python` | nothing | there are no scripts in Python, whose interpreter is set up by `eco setup python` |
//! | `file` | 1 crate | there is no state in a file |
//! | `redis` | 21 crates | there is no state on Redis |

#[doc(inline)]
pub use eco_capture as capture;
#[doc(inline)]
pub use eco_contract as contract;
#[doc(inline)]
pub use eco_net as net;
#[doc(inline)]
pub use eco_plugin as plugin;
#[doc(inline)]
pub use eco_state as state;

#[doc(inline)]
pub use eco_contract::{BoxSession, Connection, Next, Opening, Reason, Reply, Session};
#[doc(inline)]
pub use eco_net::{
    Accepted, Arriving, Handshake, Limits, Listener, Server, ServerEvent, ServerHandle,
    ShutdownSummary, Transport,
};
#[cfg(feature = "compile")]
#[doc(inline)]
pub use eco_plugin::if_helper;
#[doc(inline)]
pub use eco_plugin::{
    BUILT_IN_SERVERS, Budgets, Cache, Compiler, Engine, EngineBuilder, EngineEvent, Error,
    HostImport, Language, LoadError, PluginSession, ServerPlugin, Source,
};
#[doc(inline)]
pub use eco_state::SharedState;
