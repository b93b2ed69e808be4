//! TLS over the streams of `eco-net`, on both sides of a connection.
//!
//! It owns certificates and keys: reading them, choosing among them by the name that a client asks for, reading them again,
//! and verifying those of the other end. rustls speaks the protocol, versions 1.2 and 1.3. Where the end of a stream is
//! not announced (`close_notify`, RFC 8446, 6.1) that is an error, and no end.
//!
//! ```
//! # fn main() -> Result<(), eco_tls::Error> {
//! use eco_tls::{Certificates, ServerSettings, TlsClient, TlsServer, Trust};
//!
//! let server = TlsServer::new(ServerSettings::new(Certificates::SelfSigned))?;
//! // It goes over each stream that is accepted: `server.layer(stream)`.
//! let fingerprint = server.self_signed().expect("it has made one");
//! // It is one of the layers of a client: `Layers::default().with(client)`.
//! let client = TlsClient::new(&Trust::Certificate(fingerprint), "localhost", None, None)?;
//! # Ok(()) }
//! ```

mod by_name;
mod client;
mod error;
mod fingerprint;
mod key_log;
mod pair;
mod pem;
mod problem;
mod provider;
mod self_signed;
mod server;
mod stream;
mod subject;
mod trust;

pub use client::TlsClient;
pub use error::Error;
pub use fingerprint::Fingerprint;
pub use pair::KeyPairFiles;
pub use problem::Problem;
pub use server::{Certificates, ClientCertificates, ServerSettings, TlsServer};
pub use subject::subject;
pub use trust::Trust;
