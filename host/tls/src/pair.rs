//! A certificate with its key, read from files.

use super::error::Error;
use super::pem;
use rustls::InconsistentKeys;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use std::path::PathBuf;
use std::sync::Arc;
use webpki::EndEntityCert;

/// The PEM files of a certificate and of its key. They may be one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPairFiles {
    /// The certificate, and after it those that lead to an authority, each signed by the next.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl KeyPairFiles {
    /// Reads both.
    ///
    /// # Errors
    /// They can't be used, or don't belong together.
    pub(super) fn read(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Error> {
        let Self { certificate, key } = self;
        let chain = pem::certificates(certificate)?;
        let private = provider.key_provider.load_private_key(pem::key(key)?);
        let private = private.map_err(|_| Error::UnsupportedKey { path: key.clone() })?;
        let pair = CertifiedKey::new(chain, private);
        match pair.keys_match() {
            // Not all keys can tell.
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
                Ok(Arc::new(pair))
            }
            Err(rustls::Error::InconsistentKeys(_)) => Err(Error::KeyMismatch {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            Err(error) => Err(Error::BadCertificate {
                path: certificate.clone(),
                number: 1,
                why: eco_text::escape::one_line(error),
            }),
        }
    }
}

/// The DNS names of a certificate, in small letters; `*.example.org` stands for all names with one label more.
pub(super) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    match EndEntityCert::try_from(certificate) {
        Ok(parsed) => parsed
            .valid_dns_names()
            .map(str::to_ascii_lowercase)
            .collect(),
        Err(_) => Vec::new(),
    }
}
