//! A certificate that signs itself, for trying out.

use super::error::Error;
use super::fingerprint::Fingerprint;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// The names of this machine to itself. Who knows the fingerprint asks for no name.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate with a key that nobody else has, and that is nowhere on disk.
#[derive(Clone)]
pub(super) struct SelfSigned {
    pub(super) pair: Arc<CertifiedKey>,
    pub(super) fingerprint: Fingerprint,
}

impl SelfSigned {
    /// Makes one.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(super) fn make(provider: &CryptoProvider) -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "eco, for trying out");
        params
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ServerAuth);
        let certificate = params.self_signed(&key)?.der().clone();
        let fingerprint = Fingerprint::of(&certificate);
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let pair = CertifiedKey::from_der(vec![certificate], key.into(), provider)?;
        Ok(Self {
            pair: Arc::new(pair),
            fingerprint,
        })
    }
}
