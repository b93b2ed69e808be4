//! WebSockets (RFC 6455) as a transport of [`eco_net`], for clients that are pages in a browser.
//!
//! It owns the protocol of the server's side over any stream: the request and who may make it, frames, and the end. A
//! [`WebSocket`] is a [`Transport`](eco_net::Transport); a [`MappedListener`](eco_net::MappedListener) makes one of each
//! connection:
//!
//! ```
//! use eco_net::{BoundListener, MappedListener, Server, Stream};
//! use eco_websocket::{Rules, WebSocket};
//! use std::sync::Arc;
//! # fn of(listener: BoundListener) {
//! let rules = Arc::new(Rules::default());
//! let listener = MappedListener::new(listener, move |accepted: eco_net::Accepted<Stream>| {
//!     accepted.map(|stream| WebSocket::new(stream, rules.clone()))
//! });
//! # let _ = listener;
//! # }
//! ```
//!
//! The frames are its own and not those of a crate, since a frame may be of any length, and comes in pieces here. The
//! crates for WebSockets make room for a whole frame when they have read its length. Extensions are not offered: a message
//! that is compressed has a size that nobody knows before it was read.
//!
//! Of the 301 cases of Autobahn's test suite 25.10.1 that are not about compression it passes 292, where texts are sent to
//! a listener of texts, and a chunk has room for the largest message; three more are informational. The other six send a
//! message of no bytes and want it back, which is none here.

mod decoder;
mod frame;
mod handshake;
mod incoming;
mod origin;
mod outgoing;
mod request;
mod rules;
mod transport;
mod utf8;
mod violation;

pub use origin::AllowedOrigin;
pub use rules::{Messages, Rules};
pub use transport::WebSocket;
