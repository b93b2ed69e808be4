//! Fuzz targets for everything of eco's that parses the bytes of strangers, one module for each kind of
//! bytes. `README.md` says how to run them, for as long as you like.
//!
//! A target asserts what must be true of whatever comes, and not only that nothing panics. Most inputs are
//! nearly right: a seed with a few changes (`seeds`), or put together of parts that belong there.

/// Addresses as they are typed.
mod addresses;
/// Requests to the server of `--admin`.
mod admin_requests;
/// What a compile helper says, which an attack may have taken over.
mod answers;
/// Components: the scan before they are compiled, and which of them are called directly.
mod components;
/// What is written to logs, terminals and pages.
mod escapes;
/// `exercise.toml` and `hidden.toml`.
mod exercises;
/// What a server sends to a client.
mod inbox;
/// A stream in memory that comes in pieces.
mod pieces;
/// Headers of the PROXY protocol.
mod proxy_headers;
/// What plugins return, lies at the calling convention among it.
mod replies;
/// What scripts return.
mod scripts;
/// Inputs that are nearly right.
mod seeds;
/// Certificates and keys.
mod tls;
/// What a browser sends, and what is nearly that.
mod websockets;
