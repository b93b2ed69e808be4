//! The sockets: listening, accepting, reading, writing, timeouts, closing, draining.
//!
//! It owns everything of TCP. A [`Session`] decides the bytes of a server's connection, and an
//! [`Expect`](eco_contract::Expect) how far a client reads.
//!
//! A server calls [`bind()`] and [`Server::run`], and for each connection [`serve()`], which takes chunks from
//! `arrival` and writes replies, then [`linger()`]. A client calls [`connect()`], then [`exchange()`] for each turn.
//!
//! ```
//! // An address as a person types it.
//! let endpoint: eco_net::Endpoint = "[::1]:5005".parse().expect("it is one");
//! assert_eq!((endpoint.host.as_str(), endpoint.port), ("::1", 5005));
//! ```
//!
//! [`Session`]: eco_contract::Session

mod address;
mod arrival;
mod bind;
mod chunk;
mod connect;
mod connection;
mod end_log;
mod exchange;
mod inbox;
mod limits;
mod listener;
mod peers;
mod quota;
mod rate_limit;
mod reusable_timeout;
mod server;
mod slow_threads;
mod stamped;
mod transport;
mod within;

pub use address::Endpoint;
pub use bind::{BindError, bind};
pub use connect::{ConnectError, connect, connect_any};
pub use connection::{Counts, End, linger, serve};
pub use exchange::{Broken, Request, exchange};
pub use inbox::Inbox;
pub use limits::{Limit, Limits, MOST_CONNECTIONS};
pub use listener::{Accepted, Listener};
pub use quota::Quota;
pub use reusable_timeout::ReusableTimeout;
pub use server::{Server, ShutdownSummary};
pub use stamped::{StampedStream, StampsOn};
pub use transport::Transport;
