//! eco's end-to-end tests, one binary. What each module is about:

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics, and one that indexes out of bounds has failed"
)]

/// What authors of plugins type: new, build, inspect, call, wit, setup.
mod authors;
/// What no plugin gets past: work that nobody would count, and memory.
mod bounds;
/// Building: what naming a folder writes.
mod building;
/// The cache of compiled code.
#[cfg(unix)]
mod caching;
/// `eco call`: connections by name, and time.
mod calling;
/// What people type: help, usage, completions, exit codes, and what the pages say of them.
mod command_line;
/// Plugins that attack the compiler.
mod compiling;
/// The WIT files against what the host calls.
mod contract;
/// Sessions with a memory of their own.
mod direct_buffers;
/// The echo, byte for byte, over real sockets.
mod echo;
/// What scripts ask for in vain, and what they are told.
mod elsewhere;
/// Exercises: their files.
mod exercises;
/// What a student is told of a failure.
mod feedback;
/// The figures of speed on the pages.
mod figures;
/// Grading a class: what is handed in, and the reports.
mod grading;
/// The samples, made as a newcomer makes them.
mod guests;
/// The real binary as a child process, and bytes compared.
#[path = "../harness/mod.rs"]
mod harness;
/// The processes that compile.
mod helpers;
/// Plugins that attack, and their neighbours.
mod hostile;
/// Exercises that attack who checks or grades with them.
mod hostile_exercises;
/// What interpreters add to their languages, and what they refuse.
mod interpreters;
/// Cases whose judge is a client plugin.
mod judges;
/// A store that outlives its server.
mod keeping;
/// What a laboratory holds, and that what it says of a plugin is no chance.
mod laboratory;
/// The exercises that eco brings.
mod ladder;
mod limits;
/// The load client.
mod load;
/// Plugins that are refused before they serve.
mod loading;
/// What the log says, for people and for machines.
mod logs;
/// TCP's manners: half-close, resets, slow peers, timeouts, caps.
mod manners;
/// Several servers with one Redis.
mod many_hosts;
/// The tests that limits name.
mod named;
/// What lies between programs: a link that can hang, a balancer.
mod neighbours;
mod network;
/// The exercises that eco brings, over real sockets.
mod over_sockets;
/// The time that a load's client takes itself.
mod own_time;
/// The page of `eco load`, in a browser.
mod page;
/// What a call leaves to be said when it returns.
mod pending;
/// The connection loop over pipes in memory, where time can be stopped.
mod pipes;
/// The page of promises.
mod promises;
/// Python's own library, and its coroutines.
mod python;
/// A server of Redis's protocol, and Redis's own client.
mod redis;
/// Attacks on a Redis that servers share.
#[cfg(unix)]
mod redis_attacks;
/// A real redis-server.
#[path = "../../host/state/tests/redis_server/mod.rs"]
mod redis_server;
/// New versions of a plugin under way.
mod reload;
/// Where reports go, and what is there of them when grading is cut off.
#[cfg(unix)]
mod reports;
/// What the system refuses: address space, descriptors, disk.
#[cfg(unix)]
mod resources;
/// The samples of every language against each other.
mod samples;
/// Scripts: what they may do, and what becomes of those that misbehave.
mod scripts;
/// What is drawn when a plugin is judged: random numbers, and the date.
mod seeds;
/// The client.
mod send;
/// Plugins that take part in the whole connection.
mod sessions;
/// What `eco setup` installs.
mod setup;
/// How plugins that take long share the processors.
mod sharing;
/// Scripts that start from a snapshot.
mod snapshots;
/// The ways in which the bytes of a case are split.
mod splits;
/// The first start of a script, before its interpreter is compiled.
mod starting;
/// What connections keep for each other, and time.
mod state;
/// Stopping.
mod stopping;
/// What strangers write: into the log, and on a terminal.
mod strangers;
/// What is handed in: its names, links in it, and a class that is graded in two goes.
#[cfg(unix)]
mod submissions;
/// What they all use.
mod support;
/// The timers of scripts.
mod timers;
/// Connections that hear each other.
mod topics;
/// The statements in two languages.
mod translations;
/// The wrong plugins, and what each gets.
mod verdicts;
