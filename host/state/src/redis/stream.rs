//! The stream to a Redis: TCP, or TLS over it, and the certificates that TLS trusts.

use super::url::{Address, Security};
use rustls::crypto::{CryptoProvider, ring};
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
pub(super) async fn connect(address: &Address) -> io::Result<Box<dyn Stream>> {
    let Address {
        host,
        port,
        security,
    } = address;
    match security {
        Security::None => Ok(Box::new(tcp(host, *port).await?)),
        Security::Tls => {
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            let tls = TlsConnector::from(Arc::new(trusted()?));
            let stream = tls.connect(name, tcp(host, *port).await?).await?;
            Ok(Box::new(stream))
        }
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
    let config = ClientConfig::builder_with_provider(provider());
    let config = config
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The cryptography of TLS: that which the program has installed, else ring's. Nothing is installed here, as that is the
/// program's to decide, once for the whole process; and no default is asked for, which panics in a program that was built
/// with two. Test: `tls::a_program_decides_by_itself_which_cryptography_is_installed`.
fn provider() -> Arc<CryptoProvider> {
    let installed = CryptoProvider::get_default().cloned();
    installed.unwrap_or_else(|| Arc::new(ring::default_provider()))
}
