//! A TCP host whose bytes are decided by sandboxed WebAssembly plugins.
//!
//! The crate to embed: give it a listener and a plugin. It owns nothing but this page, and hands on
//! the crates that belong together.
//!
//! ```
//! # #[tokio::main] async fn main() -> anyhow::Result<()> {
//! use eco_host::net::{Limits, Server};
//! use eco_host::plugin::{BUILT_IN_SERVERS, Budgets, Compiler, Engine, ServerPlugin, Source};
//!
//! let limits = Limits::default();
//! // For plugins that are trusted, as the built-in ones are. See below for others.
//! let compiler = Compiler::InProcess;
//! let engine = Engine::builder(compiler, Budgets::server(8 << 30)).pooled(limits.max_connections).build()?;
//! let source = Source::named("echo", BUILT_IN_SERVERS);
//! let plugin = ServerPlugin::load(&engine, source).await?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let server = Server::builder(limits).listen(listener, move |_| Some(plugin.session())).start();
//!
//! # use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! let mut client = tokio::net::TcpStream::connect(address).await?;
//! client.write_all(b"hello").await?;
//! let mut reply = [0; 5];
//! client.read_exact(&mut reply).await?;
//! assert_eq!(&reply, b"hello");
//!
//! assert_eq!(server.stop().await.served, 1);
//! # Ok(()) }
//! ```
//!
//! # Whose plugins are anybody's
//!
//! Running a plugin is safe, whoever wrote it. Compiling one is not: a file of 2 KB can overflow the stack of
//! the parser, which ends the process, and another takes the compiler hours, or all memory. So let a helper do that, which
//! is killed when it takes too much: this program, started anew ([`plugin::Compiler::this_program`]). Its `main` begins with
//! [`plugin::if_helper`]. `eco` does it like this. An engine runs code and has no compiler in either case.
//!
//! Compiled code is kept where the embedder wants it ([`plugin::Cache`]), if nobody else can write there, and mapped when it
//! is used. By default nothing is kept.

pub use eco_contract as contract;
pub use eco_net as net;
pub use eco_plugin as plugin;
pub use eco_state as state;
