//! The stream to a Redis: TCP, or TLS over it, and the certificates that TLS trusts.

use redis::ConnectionAddr;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A stream in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects.
///
/// # Errors
/// Nobody is there, or TLS doesn't trust them.
pub(super) async fn connect(address: &ConnectionAddr) -> io::Result<Box<dyn Stream>> {
    match address {
        ConnectionAddr::Tcp(host, port) => Ok(Box::new(tcp(host, *port).await?)),
        ConnectionAddr::TcpTls { host, port, .. } => {
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            let tls = TlsConnector::from(Arc::new(trusted()?));
            let stream = tls.connect(name, tcp(host, *port).await?).await?;
            Ok(Box::new(stream))
        }
        // The URLs that are taken have none.
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    // Questions are short, and waited for.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Trusts the system's certificates, or those of the file that `SSL_CERT_FILE` names.
fn trusted() -> io::Result<ClientConfig> {
    let mut found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.pop() {
        return Err(io::Error::other(error));
    }
    let mut roots = RootCertStore::empty();
    for certificate in found.certs {
        roots.add(certificate).map_err(io::Error::other)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots);
    Ok(config.with_no_client_auth())
}
