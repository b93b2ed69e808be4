//! eco's end-to-end tests, one binary. A test is `folder::file::name`; the last part of a name, or the folder alone, picks
//! tests: `cargo test -p eco-cli --test it -- grading::`.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics, and one that indexes out of bounds has failed"
)]

/// Unix sockets, and sockets that are handed over.
#[cfg(unix)]
mod addresses;
/// What an operator sees by HTTP.
#[cfg(unix)]
mod admin;
/// Calls of plugins without a server: failures, deadlines, observation.
mod calls;
/// A module for each command, but `serve`, `send`, `load`, `check` and `grade`.
mod commands;
/// Compiling: the processes that do it, attacks on them, and the cache of code.
mod compile;
/// A file of services.
#[cfg(unix)]
mod config;
/// The connection loop over pipes in memory, where time can be stopped.
mod connection_loop;
/// The WIT files against the host's calls.
mod contract;
/// Sessions with a memory of their own.
mod direct_buffers;
/// The pages and comments against the code and against each other.
mod documentation;
/// The echo, byte for byte, over real sockets.
mod echo;
/// Text of strangers in the log and on a terminal.
mod escaping;
/// Exercises: their files, the linter, and those that eco brings.
mod exercises;
/// How connections share the processors and each other's attention.
mod fairness;
/// Grading a class: submissions, names, marks, reports.
mod grading;
/// The real binary as a child process, and bytes compared.
#[path = "../harness/mod.rs"]
mod harness;
/// Plugins that attack the host, and their neighbours.
mod hostile_plugins;
/// Judging a plugin: verdicts, splits, judges, and the words for a failure.
mod judging;
/// Limits on data that plugins hand to the host, in each language.
mod limits;
/// The load client.
mod load;
/// The log, for people and for machines.
mod logs;
/// Proxies that say whose a connection is.
#[cfg(unix)]
mod proxy_protocol;
/// A plugin that is a server of Redis's protocol, and its clients.
mod redis_protocol;
/// A real redis-server.
#[path = "../../host/state/tests/redis_server/mod.rs"]
mod redis_server;
/// Plugins that are refused before they serve.
mod refused_plugins;
/// New versions of a plugin under way.
mod reload;
/// Refusals of the system: address space, descriptors, disk.
#[cfg(unix)]
mod resources;
/// The samples of every language against each other.
mod samples;
/// Scripts: their rights, their languages, and the end of those that misbehave.
mod scripts;
/// The client.
mod send;
/// The server as one embeds it, over pipes in memory and Unix sockets.
mod serving;
/// Plugins that take part in the whole connection.
mod sessions;
/// State that connections share: the store, topics, a file, Redis.
mod state;
/// Programs that read standard input and write standard output.
mod stdio;
/// Stopping.
mod stopping;
/// Peers, plugins and samples for all of them.
mod support;
/// TCP over real sockets: half-close, resets, slow peers, timeouts, caps.
mod tcp;
/// TLS.
#[cfg(unix)]
mod tls;
/// Messages of WebSockets, and a browser.
mod websocket;
