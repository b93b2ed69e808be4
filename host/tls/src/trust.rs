//! Whom a client trusts.

use super::error::Error;
use super::fingerprint::Fingerprint;
use super::pem;
use super::problem::Rejected;
use eco_text::escape::one_line;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use std::path::PathBuf;
use std::sync::Arc;

/// The servers that a client trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those with a certificate for their name from whom the system trusts.
    System,
    /// Those with a certificate for their name from one of this PEM file.
    Authorities(PathBuf),
    /// That with this certificate, whatever its name is and who has signed it.
    Certificate(Fingerprint),
    /// Anybody, so that nobody knows who it is.
    Anybody,
}

impl Trust {
    /// What verifies a server's certificate.
    ///
    /// # Errors
    /// There are no certificates to trust.
    pub(super) fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let known = match self {
            Self::System => return of_roots(system()?, provider),
            Self::Authorities(path) => return of_roots(pem::authorities(path)?, provider),
            Self::Certificate(fingerprint) => Some(*fingerprint),
            Self::Anybody => None,
        };
        let provider = provider.clone();
        Ok(Arc::new(ByFingerprint { known, provider }))
    }
}

fn of_roots(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
    let verifier = verifier.build();
    Ok(verifier.map_err(|error| Error::Library(one_line(error)))?)
}

/// Whom the system trusts, or the file that `SSL_CERT_FILE` names.
fn system() -> Result<RootCertStore, Error> {
    let mut found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // There may be some of a kind that is no longer used.
    roots.add_parsable_certificates(found.certs);
    match roots.is_empty() {
        true => Err(Error::NoSystemCertificates {
            why: found.errors.pop().map(one_line),
        }),
        false => Ok(roots),
    }
}

/// Trusts one certificate, or each. The other end has to have its key in either case.
#[derive(Debug)]
struct ByFingerprint {
    known: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ByFingerprint {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = Fingerprint::of(certificate);
        match self.known {
            Some(known) if known != found => {
                let rejected = OtherError(Arc::new(Rejected(found)));
                Err(CertificateError::Other(rejected).into())
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
