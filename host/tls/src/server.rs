//! The server's side: its certificates, whom it asks for theirs, and what it agrees on.

use super::by_name::ByName;
use super::error::Error;
use super::fingerprint::Fingerprint;
use super::key_log;
use super::pair::KeyPairFiles;
use super::pem;
use super::provider::provider;
use super::self_signed::SelfSigned;
use super::stream::Secured;
use eco_net::Stream;
use eco_text::escape::one_line;
use parking_lot::RwLock;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::Ticketer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of the names of authorities that a server tells its clients, which choose their certificate by them. A message
/// has 64 KiB at most, and a company's authorities have a few hundred. Where they are more, clients are told none, and
/// choose by themselves. Test: `server::tests::authorities_that_fit_into_no_message_are_not_told`.
const HINTS: usize = 16 * 1024;

/// A protocol's name has so many bytes at most (RFC 7301, 3.1). A longer one is refused.
/// Test: `server::tests::names_of_protocols_are_held_to_their_length`.
const MOST_PROTOCOL: usize = 255;

/// The settings of a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerSettings {
    /// Its certificates.
    pub certificates: Certificates,
    /// Whether clients are asked for certificates.
    pub clients: Option<ClientCertificates>,
    /// Its protocols, the best one first (RFC 7301, ALPN). A client that names some and none of these is refused, and one
    /// that names none is served. Without any, nobody is asked.
    pub protocols: Vec<String>,
    /// The file to which the secrets of all connections are added, for whoever looks at them on the network. Whoever can read
    /// it can read them.
    pub key_log: Option<PathBuf>,
}

/// The certificates of a server.
#[derive(Clone, Debug)]
pub enum Certificates {
    /// Those of files, chosen by the name that a client asks for. The first is for all other names.
    Files(Vec<KeyPairFiles>),
    /// One that signs itself, for trying out. It is made once, and its key is nowhere on disk.
    SelfSigned,
}

/// Clients are asked for certificates.
#[derive(Clone, Debug)]
pub struct ClientCertificates {
    /// The file of those who sign them.
    pub authorities: PathBuf,
    /// Whether a client without one is refused.
    pub required: bool,
}

impl Certificates {
    fn files(&self) -> &[KeyPairFiles] {
        match self {
            Self::Files(files) => files,
            Self::SelfSigned => &[],
        }
    }
}

impl ServerSettings {
    /// These certificates, and nothing else.
    pub fn new(certificates: Certificates) -> Self {
        Self {
            certificates,
            clients: None,
            protocols: Vec::new(),
            key_log: None,
        }
    }

    /// The files that [`TlsServer`] reads.
    pub fn files(&self) -> Vec<PathBuf> {
        let pairs = self.certificates.files().iter();
        let pairs = pairs.flat_map(|pair| [&pair.certificate, &pair.key]);
        let authorities = self.clients.iter().map(|clients| &clients.authorities);
        pairs.chain(authorities).cloned().collect()
    }
}

/// The server's side of TLS. A clone is the same one.
///
/// Sessions are resumed for 12 hours by tickets that only this server can read (RFC 8446, 4.6.1), so that it keeps nothing of
/// any. There is no early data, which others could send once more.
#[derive(Clone)]
pub struct TlsServer(Arc<Shared>);

struct Shared {
    settings: ServerSettings,
    self_signed: Option<SelfSigned>,
    provider: Arc<CryptoProvider>,
    /// For connections that come from now on.
    current: RwLock<Arc<ServerConfig>>,
}

impl TlsServer {
    /// Reads the files, and opens that of secrets.
    ///
    /// # Errors
    /// They can't be used.
    pub fn new(settings: ServerSettings) -> Result<Self, Error> {
        Self::made_of(settings, None)
    }

    /// One with these settings, which reads their files. A certificate that signs itself stays the same, since clients
    /// know its fingerprint.
    ///
    /// # Errors
    /// The files can't be used. This one is as it was in any case.
    pub fn with(&self, settings: ServerSettings) -> Result<Self, Error> {
        Self::made_of(settings, self.0.self_signed.clone())
    }

    fn made_of(settings: ServerSettings, known: Option<SelfSigned>) -> Result<Self, Error> {
        let provider = provider();
        let self_signed = match (&settings.certificates, known) {
            (Certificates::SelfSigned, Some(known)) => Some(known),
            (Certificates::SelfSigned, None) => Some(SelfSigned::make(&provider)?),
            (Certificates::Files(_), _) => None,
        };
        let current = config(&settings, self_signed.as_ref(), &provider)?;
        Ok(Self(Arc::new(Shared {
            settings,
            self_signed,
            provider,
            current: RwLock::new(current),
        })))
    }

    /// Reads the files again, for connections that come from now on. Tickets of older ones are good for nothing then, so
    /// that each client is asked for its certificate again.
    ///
    /// # Errors
    /// They can't be used, and all stays as it was.
    pub fn reload(&self) -> Result<(), Error> {
        let Shared {
            settings,
            self_signed,
            provider,
            current,
        } = &*self.0;
        let new = config(settings, self_signed.as_ref(), provider)?;
        *current.write() = new;
        Ok(())
    }

    /// The fingerprint of the certificate that signs itself, if it has one.
    pub fn self_signed(&self) -> Option<Fingerprint> {
        let made = self.0.self_signed.as_ref();
        made.map(|made| made.fingerprint)
    }

    /// A stream that speaks TLS over this one, as its server. Its [handshake](eco_net::Transport::handshake) comes after
    /// that of the stream below.
    pub fn layer(&self, stream: Stream) -> Stream {
        let config = self.0.current.read().clone();
        Stream::layered(Secured::accepting(stream, config))
    }
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.settings.fmt(f)
    }
}

/// What connections agree on by these settings, with the files as they are now.
fn config(
    settings: &ServerSettings,
    self_signed: Option<&SelfSigned>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<ServerConfig>, Error> {
    let verifier = match &settings.clients {
        Some(clients) => clients.verifier(provider)?,
        None => WebPkiClientVerifier::no_client_auth(),
    };
    let config = ServerConfig::builder_with_provider(provider.clone());
    let config = config.with_safe_default_protocol_versions()?;
    let config = config.with_client_cert_verifier(verifier);
    let pairs = pairs(settings, self_signed, provider)?;
    let mut config = config.with_cert_resolver(Arc::new(ByName::new(&pairs)));
    config.alpn_protocols = protocols(&settings.protocols)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = Ticketer::new()?;
    if let Some(path) = &settings.key_log {
        config.key_log = key_log::to(path)?;
    }
    Ok(Arc::new(config))
}

fn pairs(
    settings: &ServerSettings,
    self_signed: Option<&SelfSigned>,
    provider: &CryptoProvider,
) -> Result<Vec<Arc<CertifiedKey>>, Error> {
    let made = self_signed.map(|made| Ok(made.pair.clone()));
    let files = settings.certificates.files().iter();
    let read = files.map(|pair| pair.read(provider));
    made.into_iter().chain(read).collect()
}

/// The names of protocols, as they are sent.
fn protocols(names: &[String]) -> Result<Vec<Vec<u8>>, Error> {
    let names = names.iter().map(|name| match name.len() {
        1..=MOST_PROTOCOL => Ok(name.clone().into_bytes()),
        _ => Err(Error::Protocol(name.clone())),
    });
    names.collect()
}

impl ClientCertificates {
    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, Error> {
        let roots = Arc::new(pem::authorities(&self.authorities)?);
        let tells_them = can_be_told(&roots);
        let mut verifier = WebPkiClientVerifier::builder_with_provider(roots, provider.clone());
        if !tells_them {
            verifier = verifier.clear_root_hint_subjects();
        }
        if !self.required {
            verifier = verifier.allow_unauthenticated();
        }
        let verifier = verifier.build();
        verifier.map_err(|error| Error::Library(one_line(error)))
    }
}

/// Whether clients can be told the names of all these authorities.
fn can_be_told(roots: &RootCertStore) -> bool {
    let names = roots.subjects().into_iter();
    names.map(|name| name.as_ref().len()).sum::<usize>() <= HINTS
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    #[test]
    fn names_of_protocols_are_held_to_their_length() {
        for (length, is_one) in [(0, false), (1, true), (255, true), (256, false)] {
            assert_eq!(protocols(&["x".repeat(length)]).is_ok(), is_one, "{length}");
        }
    }

    #[test]
    fn authorities_that_fit_into_no_message_are_not_told() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::OrganizationName, "x".repeat(1000));
        let authority = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (count, told) in [(15, 15), (20, 0)] {
            let path = folder.path().join("ca.pem");
            std::fs::write(&path, authority.pem().repeat(count)).unwrap();
            let clients = ClientCertificates {
                authorities: path,
                required: true,
            };
            let verifier = clients.verifier(&provider()).unwrap();
            assert_eq!(verifier.root_hint_subjects().len(), told, "{count}");
        }
    }
}
