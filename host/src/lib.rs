//! A TCP host whose bytes are decided by sandboxed WebAssembly plugins.
//!
//! The command `eco` is a thin layer over this library, which can be embedded by itself: give it a
//! listener, a plugin and a future that ends it.
//!
//! ```
//! # #[tokio::main] async fn main() -> anyhow::Result<()> {
//! use eco_host::net::{Limits, Server};
//! use eco_host::plugin::{BUILT_IN_SERVERS, Budgets, Compiler, Engine, Plugin, Role, Source};
//!
//! let limits = Limits::default();
//! // For plugins that are trusted, as the built-in ones are. See below for others.
//! let compiler = Compiler::InProcess;
//! let engine = Engine::pooled(compiler, Budgets::server(8 << 30), limits.max_connections)?;
//! let source = Source::named("echo", BUILT_IN_SERVERS);
//! let plugin = Plugin::load(&engine, source, Role::Server).await?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let server = Server::new(vec![listener], limits);
//! let serving = tokio::spawn(server.run(move || plugin.session(), async { drop(stopped.await) }));
//!
//! # use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! let mut client = tokio::net::TcpStream::connect(address).await?;
//! client.write_all(b"hello").await?;
//! let mut reply = [0; 5];
//! client.read_exact(&mut reply).await?;
//! assert_eq!(&reply, b"hello");
//!
//! drop(stop);
//! assert_eq!(serving.await?.served, 1);
//! # Ok(()) }
//! ```
//!
//! # Whose plugins are anybody's
//!
//! Running a plugin is safe, whoever wrote it. Compiling one is not: a file of 2 KB can overflow the stack of
//! the parser, which ends the process, and another takes the compiler hours, or all memory. So let a program
//! of your own do that, which is killed when it takes too much ([`plugin::Compiler::Helper`]): it calls
//! [`plugin::run_helper`] first thing in its `main`, and may be the same program, started with another argument.
//! `eco` does it like this. An engine runs code and has no compiler in either case.
//!
//! Compiled code is kept in the user's cache folder, if nobody else can write there, and mapped when it is
//! used (`plugin::cache`).
//!
//! # Architecture
//!
//! Five rooms, each of which knows as little as it can:
//!
//! - [`plugin`] has the engine, the sandbox and the calls. It never names a socket.
//! - [`net`] has listening, reading, writing, timeouts and closing. It never names wasmtime, and
//!   runs over anything that reads and writes.
//! - [`toolchain`] turns folders of sources into plugins, by the tools of each language. It never runs
//!   a plugin.
//! - [`exercise`] has what students are asked to do: the format, the splits, the verdicts, the reports. It
//!   runs plugins, and never names a socket or a terminal.
//! - [`command`] is the command line. It joins the others.
//!
//! They share the words of [`contract`], which is `wit/` in plain Rust: a [`contract::Session`]
//! takes chunks and gives replies. `net` drives one, `plugin` makes one of a component.
//!
//! A byte goes from the socket into a buffer that its thread lends (`net::chunk`), from there into
//! the memory of its connection's instance (`plugin::session`, `plugin::instance`), and from where
//! the plugin left it to the socket (`net::connection`). eco allocates nothing and copies nothing
//! more on that way, with one exception: what a function with a `post-return` returned is copied out
//! before the plugin frees it.
//!
//! There is a shorter way for plugins, the built-in echo among them, that can be seen to be done in
//! microseconds whatever they are given (`plugin::shape`): their calls need neither a stack of their own
//! nor a clock, and large chunks are read from the socket right into their memory (`plugin::straight`).
//! And a longer one for calls that don't end: after some 20 ms they go on in threads of the lowest
//! priority, and their connection with them (`net::background`).
//!
//! A script is a plugin in two parts: the interpreter of its language, which is a component like any
//! other (`plugins/interpreters`), and its text, which that asks for through an import
//! (`plugin::script`). All that holds for plugins holds for scripts.
//!
//! What strangers write (a plugin's words, a peer's bytes, the name of a file) reaches a log or a terminal
//! through `escape` alone, which makes it one line, or a message of harmless lines, of bounded length. A
//! plugin is charged for its words (`plugin::log`). In a log of your own, events with the target
//! `eco_host::said` have many of them, and all others few.
//!
//! # How a plugin is judged
//!
//! An [`exercise::Exercise`] is read once (`exercise::read`). For each case and each of its splits
//! (`exercise::split`) the steps are played (`exercise::run`) over a new [`exercise::Wire`]: in memory, to a
//! fresh instance in a laboratory, where clock and randomness are the same every time and work is counted
//! ([`plugin::Lab`], [`plugin::Engine::laboratory`]); or over sockets (`command::check::tcp`). Date and random
//! numbers grow from the bytes of the exercise's files ([`exercise::Seed`]), and a judge and the plugin that it
//! judges never draw the same. What came back is compared with what is expected as it comes
//! (`exercise::stream`). A split that breaks the plugin is made smaller as long as it does
//! (`exercise::shrink`), and becomes an [`exercise::Failure`], which `exercise::feedback` puts into words and
//! `exercise::report` into files.
//!
//! # Where the time goes
//!
//! The processor time of the server for one chunk of 16 bytes and its echo, from epoll to epoll, on 64
//! connections, beside a native tokio server that does the same, in µs (`perf record -g` on a release
//! build, two processors, some 500,000 round trips each; sampling itself adds a few percent):
//!
//! | | eco | native |
//! |---|---|---|
//! | kernel: `sendto`, with the way through loopback up to the client's wake-up | 4.65 | 4.37 |
//! | kernel: `recvfrom` | 0.77 | 0.70 |
//! | kernel: `epoll_wait` | 0.37 | 0.25 |
//! | kernel: interrupts, and threads that wake and sleep | 0.41 | 0.30 |
//! | around the system calls, in libc | 0.11 | 0.09 |
//! | tokio: the scheduler, the driver, readiness | 0.25 | 0.17 |
//! | the plugin: two calls, the chunk into its memory, the reply checked | 0.21 | |
//! | `net::connection`, for native its loop | 0.22 | 0.07 |
//! | the idle timer | 0.10 | 0.04 |
//! | other | 0.08 | |
//!
//! Nine tenths are the kernel's, and the same for everybody. A plugin that could loop costs some
//! 0.4 µs more: a fiber is entered and left, and wasmtime's component layer finds its functions,
//! lowers and lifts. What no longer shows is what was taken out: a copy of large chunks, a timer polled
//! for each chunk, a system call to learn that nothing more has arrived.
//!
//! # Invariants
//!
//! Each is guarded by the tests named after it, in `tests/it/`.
//!
//! 1. What is written is the concatenation of the plugin's replies, in the order of the chunks,
//!    byte for byte (`echo`).
//! 2. One call at a time for a connection, and nothing is read while a reply is unsent (`manners`).
//! 3. One instance belongs to one connection (`sessions`) and to one version of a plugin (`reload`).
//! 4. Every accepted socket ends in exactly one logged reason (`logs`).
//! 5. No number that a plugin or a peer controls allocates more than its cap (`hostile`).
//! 6. Nothing that a plugin does ends the process or changes a byte on another connection
//!    (`hostile`).
//! 7. The same plugin gets the same verdict for the same case, on every machine (`verdicts`); how deep calls
//!    may nest before the stack is full is the one thing that differs between architectures.

pub mod command;
pub mod contract;
mod escape;
pub mod exercise;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod hexdump;
mod html;
pub mod net;
pub mod plugin;
pub mod toolchain;
mod words;
