//! Why certificates and keys can't be used.

use eco_text::escape;
use std::io;
use std::path::PathBuf;

/// Bytes of a PEM file. A list of all authorities that browsers trust has a quarter of that. A longer one is refused, and
/// not read to its end. Test: `pem::tests::a_file_that_is_too_long_or_no_file_is_refused`.
pub(super) const MOST_PEM: usize = 1 << 20;

/// Why TLS can't be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file can't be read.
    #[error("cannot read {}: {source}", escape::path(.path))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The secrets of connections can't be written to the file.
    #[error("cannot write the keys of connections to {}: {source}", escape::path(.path))]
    KeyLog {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has more than a mebibyte.
    #[error("{} has more than {MOST_PEM} bytes", escape::path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A file is not what PEM is (RFC 7468).
    #[error("{} is no PEM file: {why}", escape::path(.path))]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What is wrong in it, in one line.
        why: String,
    },
    /// A file has no certificate.
    #[error("{} has no certificate", escape::path(.path))]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// What a file calls a certificate is none.
    #[error("certificate {number} of {} can't be used: {why}", escape::path(.path))]
    BadCertificate {
        /// The file.
        path: PathBuf,
        /// Its place in the file, from 1.
        number: usize,
        /// What is wrong with it, in one line.
        why: String,
    },
    /// A file has no key.
    #[error("{} has no private key", escape::path(.path))]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key of a file is encrypted.
    #[error("the private key in {} is encrypted", escape::path(.path))]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
    /// The key of a file is of a kind that can't be used.
    #[error("the private key in {} is none of RSA, ECDSA (P-256, P-384) or Ed25519", escape::path(.path))]
    UnsupportedKey {
        /// The file.
        path: PathBuf,
    },
    /// A key is not that of its certificate.
    #[error(
        "the private key in {} is not that of the first certificate in {}",
        escape::path(.key), escape::path(.certificate)
    )]
    KeyMismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The system tells of no certificate that it trusts.
    #[error("the system has no certificates that it trusts{}", .why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoSystemCertificates {
        /// What its files are like, in one line.
        why: Option<String>,
    },
    /// The name of a server is neither a DNS name nor an IP address.
    #[error("{} is neither a DNS name nor an IP address", escape::one_line(.0))]
    ServerName(String),
    /// The name of a protocol has no letter, or more than 255 bytes (RFC 7301).
    #[error("the name of a protocol has 1 to 255 bytes, and not {}", .0.len())]
    Protocol(String),
    /// The library of TLS refuses it.
    #[error("TLS can't be set up: {0}")]
    Library(String),
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self::Library(escape::one_line(error))
    }
}

impl From<rcgen::Error> for Error {
    fn from(error: rcgen::Error) -> Self {
        Self::Library(escape::one_line(error))
    }
}
