//! The sockets: listening, accepting, reading, writing, timeouts, closing, draining.
//!
//! It owns everything of TCP and of Unix sockets. A [`Session`] decides the bytes of a server's connection, and an
//! [`Expect`](eco_contract::Expect) how far a client reads.
//!
//! A [`Server`] has listeners, such as those of [`bind()`], and runs [`serve()`] for each connection, which takes
//! chunks from `arrival` and writes replies, then [`linger()`]. A client calls [`connect()`], then [`exchange()`] for
//! each turn.
//!
//! ```
//! // An address as a person types it.
//! let endpoint: eco_net::Endpoint = "[::1]:5005".parse().expect("it is one");
//! assert_eq!((endpoint.host.as_str(), endpoint.port), ("::1", 5005));
//! ```
//!
//! [`Session`]: eco_contract::Session

mod activated;
mod address;
mod arrival;
mod arriving;
mod bind;
mod bound_listener;
mod chunk;
mod connect;
mod connect_address;
mod connection;
mod counts;
mod end;
mod exchange;
mod handshake;
mod inbox;
mod layers;
mod limits;
mod linger;
mod listen_address;
mod listener;
mod page_offset;
mod peers;
mod proxy_protocol;
mod quota;
mod rate_limit;
mod reusable_timeout;
mod server;
mod slow_threads;
#[cfg(unix)]
mod socket_file;
mod stamped;
mod stream;
mod stream_observer;
mod transport;
#[cfg(unix)]
mod unix;
mod unix_address;
mod within;

pub use activated::ActivatedSockets;
pub use address::Endpoint;
pub use arriving::Arriving;
pub use bind::{BindError, bind, collide};
pub use bound_listener::{BoundListener, LocalAddress};
pub use connect::{ConnectError, connect, connect_any, connect_unix};
pub use connect_address::ConnectAddress;
pub use connection::serve;
pub use counts::{Counts, LiveCounts};
pub use end::End;
pub use exchange::{Broken, Request, exchange};
pub use handshake::Handshake;
pub use inbox::Inbox;
pub use layers::{Layer, Layers};
pub use limits::{Limit, Limits, MOST_CONNECTIONS};
pub use linger::linger;
pub use listen_address::ListenAddress;
pub use listener::{Accepted, Listener, MappedListener};
pub use proxy_protocol::{
    ProxyAddresses, ProxyHeader, ProxyHeaderError, ProxyProtocol, TrustedProxies,
};
pub use quota::Quota;
pub use reusable_timeout::ReusableTimeout;
pub use server::{
    EndReason, Listening, Refusal, Server, ServerCounts, ServerEvent, ServerFigures, ServerHandle,
    ShutdownSummary, StopSignal,
};
pub use stamped::{StampedStream, StampsOn};
pub use stream::{Layered, Stream};
pub use stream_observer::{SessionCall, StreamObserver};
pub use transport::Transport;
pub use unix_address::{Mode, UnixAddress};
