//! Choosing a certificate by the name that a client asks for (RFC 6066, server name indication).

use super::pair::names;
use rustls::SignatureScheme;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::sync::Arc;

/// The certificates of a server. Those of one name may have keys of different kinds: the first that the client can verify
/// is chosen.
#[derive(Debug)]
pub(super) struct ByName {
    /// For all other names, and for who asks for none.
    default: Vec<Arc<CertifiedKey>>,
    names: HashMap<String, Vec<Arc<CertifiedKey>>>,
}

impl ByName {
    /// These certificates, of which the first is the default one.
    pub(super) fn new(pairs: &[Arc<CertifiedKey>]) -> Self {
        let mut by_name = HashMap::<_, Vec<_>>::new();
        for pair in pairs {
            for name in pair.cert.first().map(names).into_iter().flatten() {
                by_name.entry(name).or_default().push(pair.clone());
            }
        }
        Self {
            default: pairs.first().cloned().into_iter().collect(),
            names: by_name,
        }
    }

    /// The certificate for a name in small letters.
    fn choose(&self, name: Option<&str>, schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let named = name.and_then(|name| self.of(name)).unwrap_or(&self.default);
        let can_sign = |pair: &&Arc<CertifiedKey>| pair.key.choose_scheme(schemes).is_some();
        // Where none can sign, rustls says why.
        named.iter().find(can_sign).or(named.first()).cloned()
    }

    fn of(&self, name: &str) -> Option<&Vec<Arc<CertifiedKey>>> {
        self.names.get(name).or_else(|| {
            // A wildcard stands for one label, and no more (RFC 9525, 6.3).
            let (_, parent) = name.split_once('.')?;
            self.names.get(&format!("*.{parent}"))
        })
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.server_name(), hello.signature_schemes())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::provider::provider;
    use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SignatureAlgorithm};

    fn pair(names: &[&str], algorithm: &'static SignatureAlgorithm) -> Arc<CertifiedKey> {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::CertificateParams::new(names).unwrap();
        let certificate = made.self_signed(&key).unwrap().der().clone();
        let key = key.serialize_der().try_into().unwrap();
        let pair = CertifiedKey::from_der(vec![certificate], key, &provider()).unwrap();
        Arc::new(pair)
    }

    #[test]
    fn a_name_is_that_of_a_certificate_or_of_its_wildcard_and_others_get_the_first() {
        let ecdsa = [SignatureScheme::ECDSA_NISTP256_SHA256];
        let ed25519 = [SignatureScheme::ED25519];
        let pairs = [
            pair(&["one.example"], &PKCS_ECDSA_P256_SHA256),
            pair(&["*.two.example", "Big.example"], &PKCS_ECDSA_P256_SHA256),
            pair(&["own.two.example"], &PKCS_ECDSA_P256_SHA256),
            pair(&["one.example"], &PKCS_ED25519),
        ];
        let by_name = ByName::new(&pairs);
        for (name, schemes, place) in [
            (Some("one.example"), &ecdsa, 0),
            (Some("one.example"), &ed25519, 3),
            (Some("a.two.example"), &ecdsa, 1),
            (Some("big.example"), &ecdsa, 1),
            (Some("own.two.example"), &ecdsa, 2),
            (Some("a.b.two.example"), &ecdsa, 0),
            (Some("two.example"), &ecdsa, 0),
            (Some("a.one.example"), &ecdsa, 0),
            (Some("example"), &ecdsa, 0),
            (None, &ecdsa, 0),
            (None, &ed25519, 0),
        ] {
            let chosen = by_name.choose(name, schemes).unwrap();
            let expected = pairs.get(place).unwrap();
            assert!(Arc::ptr_eq(&chosen, expected), "{name:?} {schemes:?}");
        }
    }
}
