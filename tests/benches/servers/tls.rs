//! `native-tls-echo PORT CERT KEY`: the echo of `native-echo` over TLS, as the documentation of tokio-rustls shows it, with
//! tickets as eco has them. The benchmark `tls` holds eco to it.

use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const CHUNK: usize = 64 * 1024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, certificate, key] = arguments.as_slice() else {
        anyhow::bail!("native-tls-echo PORT CERT KEY");
    };
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth();
    let mut config = config.with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    config.ticketer = ring::Ticketer::new()?;
    let tls = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", port.parse::<u16>()?)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let tls = tls.clone();
        // What goes wrong is the client's.
        tokio::spawn(async move { drop(echo(stream, &tls).await) });
    }
}

async fn echo(stream: TcpStream, tls: &TlsAcceptor) -> std::io::Result<()> {
    let mut stream = tls.accept(stream).await?;
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return stream.shutdown().await;
        }
        stream
            .write_all(buffer.get(..length).unwrap_or_default())
            .await?;
        stream.flush().await?;
    }
}
