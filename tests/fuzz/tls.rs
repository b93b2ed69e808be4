//! TLS: the files of certificates and keys, and whom a certificate names.

use crate::seeds::{Recipe, Seeds};
use eco_tls::{Certificates, KeyPairFiles, ServerSettings, TlsServer, subject};
use rcgen::{CertificateParams, DnType, KeyPair};
use std::sync::LazyLock;

/// A certificate and its key.
static MADE: LazyLock<(rcgen::Certificate, KeyPair)> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["*.example.org".to_owned()]).unwrap();
    let names = &mut params.distinguished_name;
    names.push(DnType::OrganizationName, "An organization, Inc.");
    names.push(DnType::CountryName, "ES");
    (params.self_signed(&key).unwrap(), key)
});

/// What files of PEM have.
const WORDS: [&[u8]; 8] = [
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN PRIVATE KEY-----\n",
    b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
    b"-----BEGIN EC PRIVATE KEY-----\n",
    b"-----END ",
    b"-----BEGIN \x1b[2J-----",
    b"MIIB",
];

/// What a subject is made of (DER).
const TAGS: [&[u8]; 6] = [
    &[0x31, 0x82],
    &[0x30, 0x80],
    &[6, 3, 0x55, 4, 3],
    &[0x1e, 4, 0xd8, 0, 0xdc, 0],
    &[0x0c, 0x84, 0xff, 0xff, 0xff, 0xff],
    &[0x1f, 0xff],
];

#[test]
fn files_are_used_or_the_error_says_in_a_line_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = KeyPairFiles {
        certificate: folder.path().join("cert.pem"),
        key: folder.path().join("key.pem"),
    };
    let (made, key) = &*MADE;
    let certificates = Seeds::of(vec![made.pem().into()], &WORDS);
    let keys = Seeds::of(vec![key.serialize_pem().into()], &WORDS);
    let load = |certificate: &[u8], key: &[u8]| {
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key).unwrap();
        let loaded = TlsServer::new(ServerSettings::new(Certificates::Files(vec![
            files.clone(),
        ])));
        loaded.map_err(|error| error.to_string())
    };
    load(&certificates.as_they_are()[0], &keys.as_they_are()[0]).unwrap();
    bolero::check!()
        .with_type::<(Recipe, Option<Recipe>)>()
        .for_each(|(certificate, key)| {
            let key = key.as_ref().map(|key| keys.make(key));
            let key = key.as_ref().unwrap_or(&keys.as_they_are()[0]);
            if let Err(why) = load(&certificates.make(certificate), key) {
                assert!(!why.contains(char::is_control), "{why:?}");
            }
        });
}

#[test]
fn whom_a_certificate_names_is_a_short_text() {
    let seeds = Seeds::of(vec![MADE.0.der().to_vec()], &TAGS);
    assert_eq!(subject(&seeds.as_they_are()[0]), "rcgen self signed cert");
    bolero::check!().with_type::<Recipe>().for_each(|recipe| {
        let name = subject(&seeds.make(recipe));
        assert!(name.len() <= 256 + '…'.len_utf8(), "{name:?}");
    });
}
