//! TLS: eco's server and client, against each other and against other programs.

/// Which certificate is shown, and which protocol is agreed on.
mod choice;
/// The certificates of clients.
mod clients;
/// What connections do: bytes, half-close, ends.
mod connections;
/// Attacks on a handshake.
mod hostile;
/// The secrets of connections, in a file.
mod key_log;
/// The command line: what it says, and what goes wrong.
mod messages;
/// OpenSSL and Python against eco.
mod others;
/// New certificates under way.
mod reload;

use crate::harness::{Server, assert_same};
use crate::support::{empty_folder, serve};
use rcgen::{CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Nothing that works takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who signs certificates, with a folder for them.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// A certificate with its key, in files too.
pub(crate) struct Pair {
    pub(crate) certificate: CertificateDer<'static>,
    key: Vec<u8>,
    /// As it is typed: `CERT,KEY`.
    pub(crate) files: String,
}

impl Authority {
    /// One whose files are in a folder of this name.
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let folder = empty_folder(&format!("tls-{name}"));
        std::fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// The file with its own certificate.
    fn file(&self) -> String {
        self.path("ca.pem")
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// A server's certificate for these names, in files that begin with the first one.
    pub(crate) fn server(&self, names: &[&str]) -> Pair {
        self.sign(names[0], names, ExtendedKeyUsagePurpose::ServerAuth, |_| {})
    }

    /// A client's certificate.
    fn client(&self, name: &str) -> Pair {
        self.sign(name, &[], ExtendedKeyUsagePurpose::ClientAuth, |_| {})
    }

    fn sign(
        &self,
        name: &str,
        names: &[&str],
        usage: ExtendedKeyUsagePurpose,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Pair {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages.push(usage);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let [cert, private] =
            ["pem", "key"].map(|end| self.path(&format!("{}.{end}", name.replace('*', "_"))));
        replace(&cert, certificate.pem());
        replace(&private, key.serialize_pem());
        Pair {
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
            files: format!("{cert},{private}"),
        }
    }

    /// A client that trusts it, and speaks all versions.
    pub(crate) fn trusting(&self) -> ClientConfig {
        self.trusting_in(rustls::ALL_VERSIONS)
    }

    /// A client that trusts it, and speaks these versions.
    fn trusting_in(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(provider());
        let builder = builder.with_protocol_versions(versions).unwrap();
        let builder = builder.dangerous();
        let mut config = builder
            .with_custom_certificate_verifier(self.verifier())
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        config
    }

    /// A client that trusts it and shows a certificate.
    fn trusting_as(&self, pair: &Pair) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(pair.key.clone()).unwrap();
        let chain = vec![pair.certificate.clone()];
        builder
            .dangerous()
            .with_custom_certificate_verifier(self.verifier())
            .with_client_auth_cert(chain, key)
            .unwrap()
    }

    fn verifier(&self) -> Arc<dyn ServerCertVerifier> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        WebPkiServerVerifier::builder_with_provider(roots.into(), provider())
            .build()
            .unwrap()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Puts a file in the place of the old one in one step, as certbot does.
fn replace(path: &str, contents: impl AsRef<[u8]>) {
    let new = format!("{path}.new");
    std::fs::write(&new, contents).unwrap();
    std::fs::rename(new, path).unwrap();
}

/// A server that speaks TLS with this certificate.
fn serve_tls(pair: &Pair, arguments: &[&str]) -> Server {
    serve(&[&["--tls", &pair.files], arguments].concat())
}

/// A client of TLS that is no part of eco's, and gives up instead of hanging.
pub(crate) struct TlsPeer(pub(crate) StreamOwned<ClientConnection, TcpStream>);

impl TlsPeer {
    /// Connects, with the handshake.
    pub(crate) fn try_connect(
        address: SocketAddr,
        config: &ClientConfig,
        name: &str,
    ) -> io::Result<Self> {
        let mut tcp = TcpStream::connect(address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let session = ClientConnection::new(Arc::new(config.clone()), name);
        let mut session = session.map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut tcp)?;
        }
        Ok(Self(StreamOwned::new(session, tcp)))
    }

    #[track_caller]
    pub(crate) fn connect(address: SocketAddr, config: &ClientConfig) -> Self {
        Self::try_connect(address, config, "localhost").expect("a handshake")
    }

    #[track_caller]
    pub(crate) fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.write_all(bytes).expect("the server reads");
        self.0.flush().expect("the server reads");
        self
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, bytes: &[u8]) -> &mut Self {
        let mut came = vec![0; bytes.len()];
        self.0.read_exact(&mut came).expect("the server replies");
        assert_same(&came, bytes);
        self
    }

    /// Says that nothing more comes, and sends FIN.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> &mut Self {
        self.0.conn.send_close_notify();
        self.0.flush().expect("the server reads");
        self.0.sock.shutdown(Shutdown::Write).expect("it is open");
        self
    }

    /// The server's end, which it has announced.
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).expect("an end in order");
        assert_same(&rest, b"");
    }

    /// What the server has shown.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        let shown = self.0.conn.peer_certificates();
        shown.unwrap()[0].clone().into_owned()
    }

    fn is_resumed(&self) -> bool {
        self.0.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }
}

/// `sha256:` and 64 digits, as eco writes the fingerprint of a file's certificate, by OpenSSL.
fn fingerprint(path: &Path) -> String {
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]);
    let said = openssl.arg(path).output().expect("openssl is there").stdout;
    let said = String::from_utf8(said).unwrap();
    let (_, hex) = said.trim().split_once('=').expect("a fingerprint");
    format!("sha256:{hex}")
}
