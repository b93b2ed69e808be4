//! The client's side: whom it trusts, and the certificate that it shows.

use super::error::Error;
use super::key_log;
use super::pair::KeyPairFiles;
use super::problem::in_handshake;
use super::provider::provider;
use super::stream::{BUFFERED, Secured};
use super::trust::Trust;
use eco_net::{Layer, Stream};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// The client's side of TLS, as a layer of its connections. Sessions are resumed where the server allows it.
pub struct TlsClient {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsClient {
    /// Expects a server of this name, a DNS name or an IP address, and shows the certificate of these files if it is asked
    /// for one. The secrets of its connections are added to the file `key_log`, as those of a
    /// [server](super::ServerSettings::key_log).
    ///
    /// # Errors
    /// The name is none, or the files can't be used.
    pub fn new(
        trust: &Trust,
        name: &str,
        pair: Option<&KeyPairFiles>,
        key_log: Option<&Path>,
    ) -> Result<Self, Error> {
        let server = ServerName::try_from(name.to_owned());
        let server = server.map_err(|_| Error::ServerName(name.to_owned()))?;
        let provider = provider();
        let pair = pair.map(|pair| pair.read(&provider)).transpose()?;
        let verifier = trust.verifier(&provider)?;
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions()?;
        let config = config
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match pair {
            Some(pair) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair))),
            None => config.with_no_client_auth(),
        };
        if let Some(path) = key_log {
            config.key_log = key_log::to(path)?;
        }
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: server,
        })
    }
}

/// The error of a handshake has a [`Problem`](super::Problem).
impl Layer for TlsClient {
    fn add(&self, stream: Stream) -> Pin<Box<dyn Future<Output = io::Result<Stream>> + Send + '_>> {
        Box::pin(async move {
            let connecting = self
                .connector
                .connect_with(self.name.clone(), stream, |session| {
                    session.set_buffer_limit(Some(BUFFERED));
                });
            let stream = connecting.await.map_err(in_handshake)?;
            Ok(Stream::layered(Secured::open(stream)))
        })
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
