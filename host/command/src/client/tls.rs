//! Messages about TLS with a server: the flag that helps.

use eco_tls::Problem;
use std::io;

/// The next step after an error of a connection, if it is one of TLS.
pub(crate) fn next_step(error: &io::Error) -> Option<&'static str> {
    Some(match Problem::of(error)? {
        Problem::NoTls | Problem::ClosedEarly => {
            "\nDoes the server speak TLS? Without --tls, eco doesn't either."
        }
        Problem::UnknownIssuer => {
            "\n--ca FILE names who has signed it, or --ca sha256:HEX the certificate itself. --insecure trusts anybody."
        }
        Problem::OtherCertificate(_) => {
            "\nThe server has another certificate by now, or it is another server. One that signs itself is made anew at each start of the server."
        }
        Problem::Authority => {
            "\n--ca sha256:HEX trusts that certificate by its fingerprint. One that is made for a server has no CA:TRUE: openssl req -x509 -addext basicConstraints=CA:FALSE ..."
        }
        Problem::Expired | Problem::NotValidYet => {
            "\nIs the clock of this machine right? Else the server needs a new one. --insecure trusts anybody."
        }
        Problem::WrongName { .. } => "\n--server-name NAME says for which name it should be.",
        Problem::WantsCertificate => "\n--cert CERT.pem,KEY.pem shows one.",
        _ => "",
    })
}

/// Advice where what came instead of a reply begins as an alert of TLS (RFC 8446, 5.1), which a server of TLS sends who was
/// sent something else.
pub(crate) fn hint(reply: &[u8]) -> &'static str {
    match reply {
        [0x15, 3, ..] => "\nThe server speaks TLS, and so does eco with --tls.",
        _ => "",
    }
}
