//! A client over TLS.

use crate::program::PATIENCE;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A client that trusts one certificate.
pub(crate) struct TlsClient(tokio_rustls::TlsConnector);

impl TlsClient {
    pub(crate) fn new(certificate: &str) -> Self {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes());
        let mut roots = RootCertStore::empty();
        roots
            .add(certificate.expect("it is PEM"))
            .expect("it is a certificate");
        let config = ClientConfig::builder().with_root_certificates(roots);
        Self(Arc::new(config.with_no_client_auth()).into())
    }

    /// Sends a message while it reads as many bytes, or up to the end.
    pub(crate) async fn converse(
        &self,
        address: SocketAddr,
        name: &'static str,
        message: &str,
    ) -> String {
        let tcp = tokio::net::TcpStream::connect(address)
            .await
            .expect("it listens");
        let name = ServerName::try_from(name).expect("it is a name");
        let stream = self.0.connect(name, tcp).await.expect("it shakes hands");
        let (mut from, mut to) = tokio::io::split(stream);
        let writing = async {
            // A connection without a session may be gone already.
            let _ = to.write_all(message.as_bytes()).await;
            let _ = to.flush().await;
        };
        let mut came = Vec::new();
        let reading = async {
            let _ = (&mut from)
                .take(message.len() as u64)
                .read_to_end(&mut came)
                .await;
        };
        let both = async { tokio::join!(writing, reading) };
        tokio::time::timeout(PATIENCE, both)
            .await
            .expect("it comes");
        String::from_utf8(came).expect("it is text")
    }
}
