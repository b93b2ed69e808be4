//! Reading PEM files (RFC 7468): certificates, and private keys in each of the forms that tools write.

use super::error::{Error, MOST_PEM};
use eco_files::{open, read_unchanged};
use eco_text::escape::one_line;
use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::Path;

/// The certificates of a file, in their order. There is one at least.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = read(path)?;
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| not_pem(path, error))?;
    match found.is_empty() {
        true => Err(Error::NoCertificate { path: path.into() }),
        false => Ok(found),
    }
}

/// The certificates of a file, to trust whom they sign.
pub(super) fn authorities(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for (place, certificate) in certificates(path)?.into_iter().enumerate() {
        roots
            .add(certificate)
            .map_err(|error| Error::BadCertificate {
                path: path.into(),
                number: place + 1,
                why: one_line(error),
            })?;
    }
    Ok(roots)
}

/// The first private key of a file: PKCS #8, PKCS #1 (RSA) or SEC 1 (elliptic curves).
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let bytes = read(path)?;
    let path = path.to_owned();
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        // OpenSSL's own form says so in a line of its own, and PKCS #8 in its first line.
        _ if has(&bytes, b"ENCRYPTED") => Error::EncryptedKey { path },
        pem::Error::NoItemsFound => Error::NoKey { path },
        error => not_pem(&path, error),
    })
}

fn has(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Read {
        path: path.into(),
        source,
    };
    let file = open(path).map_err(|error| unreadable(error.into()))?;
    let bytes = read_unchanged(&file, MOST_PEM);
    let bytes = bytes.map_err(|error| unreadable(io::Error::other(error)))?;
    match bytes.len() > MOST_PEM {
        true => Err(Error::TooLarge { path: path.into() }),
        false => Ok(bytes),
    }
}

fn not_pem(path: &Path, error: pem::Error) -> Error {
    let line = |bytes: &[u8]| one_line(String::from_utf8_lossy(bytes));
    let why = match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("there is no END for {}", line(&end_marker))
        }
        pem::Error::IllegalSectionStart { line: start } => {
            format!("{} begins nothing", line(&start))
        }
        pem::Error::Base64Decode(why) => format!(
            "what is between BEGIN and END is no base64: {}",
            one_line(why)
        ),
        other => one_line(other),
    };
    Error::NotPem {
        path: path.into(),
        why,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_long_or_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.pem");
        std::fs::write(&path, vec![b'\n'; MOST_PEM]).unwrap();
        let error = certificates(&path).unwrap_err();
        assert!(matches!(error, Error::NoCertificate { .. }), "{error}");
        std::fs::write(&path, vec![b'\n'; MOST_PEM + 1]).unwrap();
        let error = certificates(&path).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
        let error = key(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("it is a folder, not a file"), "{error}");
        let error = key(Path::new("/dev/zero")).unwrap_err().to_string();
        assert!(error.ends_with("it is a device, not a file"), "{error}");
    }

    #[test]
    fn a_file_that_is_nearly_pem_is_told_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pem");
        for (text, why) in [
            ("", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", "no END for"),
            ("-----BEGIN CERTIFICATE\n", "begins nothing"),
            (
                "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n",
                "no base64",
            ),
            (
                "-----BEGIN \u{1b}[2J-----\n-----BEGIN CERTIFICATE-----\u{1b}\n",
                "begins nothing",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = certificates(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{text:?}: {error}");
            assert!(!error.contains('\u{1b}'), "{error:?}");
        }
        for (text, why) in [
            ("", "no private key"),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
                "is encrypted",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
                "is encrypted",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = key(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }
}
