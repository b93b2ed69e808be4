//! What goes wrong in TLS, in words.

use super::fingerprint::Fingerprint;
use eco_text::escape::one_line;
use rustls::{AlertDescription, CertificateError, HandshakeType, InvalidMessage};
use std::io;

/// Names of a certificate that an error shows. Test: `problem::tests::a_certificate_with_many_names_fills_no_line`.
const NAMES: usize = 4;

/// What went wrong. It is the inner error of an [`io::Error`] of a stream of TLS ([`Problem::of`]). Texts of the other end
/// are escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// What came is no TLS.
    #[error("the other end doesn't speak TLS")]
    NoTls,
    /// There is no version of TLS that both speak.
    #[error("the other end speaks neither TLS 1.2 nor 1.3")]
    OldVersion,
    /// The connection ended within the handshake.
    #[error("the other end closed the connection before the handshake of TLS was over")]
    ClosedEarly,
    /// The connection ended without `close_notify`.
    #[error("the connection ended without TLS's close_notify: something may be missing")]
    CutOff,
    /// The other end has shown no certificate.
    #[error("the other end has shown no certificate")]
    NoCertificate,
    /// Its certificate has expired.
    #[error("the other end's certificate has expired")]
    Expired,
    /// Its certificate is not valid yet.
    #[error("the other end's certificate is not valid yet")]
    NotValidYet,
    /// Its certificate is for other names.
    #[error("the other end's certificate is not for {expected}{}", but_for(.names))]
    WrongName {
        /// The name that it should be for.
        expected: String,
        /// Some of the names that it is for.
        names: Vec<String>,
    },
    /// Nobody who is trusted has signed its certificate.
    #[error("nobody who is trusted has signed the other end's certificate")]
    UnknownIssuer,
    /// Its certificate is that of an authority, which is for signing others alone.
    #[error("the other end's certificate is that of an authority, and no server's or client's own")]
    Authority,
    /// Its certificate is not the one that is trusted, and has this fingerprint.
    #[error("the other end has another certificate: {0}")]
    OtherCertificate(Fingerprint),
    /// Its certificate can't be used, in one line.
    #[error("the other end's certificate can't be used: {0}")]
    Certificate(String),
    /// There is no protocol that both know (ALPN).
    #[error("the other end knows none of the protocols (ALPN)")]
    NoProtocol,
    /// The other end wants a certificate.
    #[error("the other end wants a certificate")]
    WantsCertificate,
    /// The other end has ended the connection, with this alert of TLS.
    #[error("the other end refused with the alert {0} of TLS")]
    Refused(String),
    /// Something else, in one line.
    #[error("TLS failed: {0}")]
    Other(String),
}

/// What a certificate is for instead.
fn but_for(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(", but for {}", names.join(", ")),
    }
}

/// Why a certificate was not accepted that is not the known one.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it is another certificate")]
pub(super) struct Rejected(pub(super) Fingerprint);

impl Problem {
    /// What went wrong, if this error comes from TLS.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotValidYet
            }
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => {
                let mut names: Vec<_> = presented
                    .iter()
                    .take(NAMES)
                    .map(|name| name_of(name))
                    .collect();
                if presented.len() > NAMES {
                    names.push(format!("{} others", presented.len() - NAMES));
                }
                Self::WrongName {
                    expected: one_line(expected.to_str()),
                    names,
                }
            }
            CertificateError::Other(error) => {
                if let Some(Rejected(found)) = error.0.downcast_ref() {
                    return Self::OtherCertificate(*found);
                }
                match error.0.downcast_ref() {
                    Some(webpki::Error::CaUsedAsEndEntity) => Self::Authority,
                    _ => Self::Certificate(one_line(error)),
                }
            }
            other => Self::Certificate(one_line(other)),
        }
    }

    fn of_alert(alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::CertificateRequired => Self::WantsCertificate,
            AlertDescription::NoApplicationProtocol => Self::NoProtocol,
            AlertDescription::ProtocolVersion => Self::OldVersion,
            // Its name in RFC 8446, but for the underscores.
            other => Self::Refused(one_line(format_args!("{other:?}"))),
        }
    }
}

/// A name of a certificate, of what webpki writes: `DnsName("localhost")`, `IpAddress(127.0.0.1)`.
fn name_of(presented: &str) -> String {
    let name = presented
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    one_line(name.unwrap_or(presented).trim_matches('"'))
}

impl From<&rustls::Error> for Problem {
    fn from(error: &rustls::Error) -> Self {
        use rustls::Error;
        match error {
            // The head of a record is none.
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge,
            ) => Self::NoTls,
            // An echo sends a client its own words.
            Error::InappropriateHandshakeMessage {
                got_type: HandshakeType::ClientHello,
                ..
            } => Self::NoTls,
            Error::PeerIncompatible(
                rustls::PeerIncompatible::Tls12NotOffered
                | rustls::PeerIncompatible::Tls12NotOfferedOrEnabled
                | rustls::PeerIncompatible::SignatureAlgorithmsExtensionRequired
                | rustls::PeerIncompatible::SupportedVersionsExtensionRequired
                | rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13,
            ) => Self::OldVersion,
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::NoApplicationProtocol => Self::NoProtocol,
            Error::AlertReceived(alert) => Self::of_alert(*alert),
            other => Self::Other(one_line(other)),
        }
    }
}

/// The error of a handshake, in words.
pub(super) fn in_handshake(error: io::Error) -> io::Error {
    in_words(error, Problem::ClosedEarly)
}

/// The error of reading or writing, in words.
pub(super) fn on_the_way(error: io::Error) -> io::Error {
    in_words(error, Problem::CutOff)
}

fn in_words(error: io::Error, at_the_end: Problem) -> io::Error {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let problem = match tls {
        Some(tls) => Problem::from(tls),
        None if error.kind() == io::ErrorKind::UnexpectedEof => at_the_end,
        None => return error,
    };
    io::Error::new(error.kind(), problem)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use rustls::pki_types::ServerName;

    #[test]
    fn a_certificate_with_many_names_fills_no_line() {
        let presented = (0..1000).map(|number| format!("DnsName(\"\u{1b}{number}.example\")"));
        let error = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("localhost").unwrap(),
            presented: presented.collect(),
        };
        let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::from(error));
        let error = in_handshake(error);
        assert_eq!(
            error.to_string(),
            "the other end's certificate is not for localhost, but for \\u{1b}0.example, \\u{1b}1.example, \\u{1b}2.example, \\u{1b}3.example, 996 others"
        );
        assert!(matches!(
            Problem::of(&error),
            Some(Problem::WrongName { .. })
        ));
    }

    #[test]
    fn an_end_is_told_by_where_it_came_and_other_errors_stay_as_they_are() {
        let end = || io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(
            Problem::of(&in_handshake(end())),
            Some(&Problem::ClosedEarly)
        );
        assert_eq!(Problem::of(&on_the_way(end())), Some(&Problem::CutOff));
        let reset = on_the_way(io::ErrorKind::ConnectionReset.into());
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(Problem::of(&reset), None);
    }
}
