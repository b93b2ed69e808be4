//! What is known of a peer, as plugins are told it: the records of `wit/peer.wit`.

use eco_contract as contract;
use std::fmt::Write as _;
use wasmtime::component::{ComponentType, Lower};

/// The most bytes of one text, since a session keeps the texts as long as it lasts. Names of servers have 255, and
/// subjects mean some dozens. What is longer is cut after a whole character.
/// Test: `serving::peer_details::a_strangers_texts_arrive_as_they_are_and_are_cut_at_1_kib`.
const LONGEST: usize = 1024;

/// `peer-details` of `wit/peer.wit`.
#[derive(ComponentType, Lower, Default)]
#[component(record)]
pub(crate) struct PeerDetails {
    user: Option<u32>,
    tls: Option<TlsDetails>,
    proxy: Option<String>,
}

/// `tls-details` of `wit/peer.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct TlsDetails {
    version: Option<String>,
    #[component(name = "server-name")]
    server_name: Option<String>,
    protocol: Option<String>,
    certificate: Option<PeerCertificate>,
}

/// `peer-certificate` of `wit/peer.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct PeerCertificate {
    subject: String,
    fingerprint: Option<String>,
}

impl From<&contract::PeerDetails> for PeerDetails {
    fn from(details: &contract::PeerDetails) -> Self {
        Self {
            user: details.user,
            tls: details.tls.as_ref().map(TlsDetails::from),
            proxy: details.proxy.as_deref().map(cut),
        }
    }
}

impl From<&contract::TlsDetails> for TlsDetails {
    fn from(tls: &contract::TlsDetails) -> Self {
        let version = Some(&*tls.version).filter(|version| !version.is_empty());
        Self {
            version: version.map(cut),
            server_name: tls.server_name.as_deref().map(cut),
            protocol: tls.protocol.as_deref().map(cut),
            certificate: tls.certificate.as_ref().map(PeerCertificate::from),
        }
    }
}

impl From<&contract::PeerCertificate> for PeerCertificate {
    fn from(certificate: &contract::PeerCertificate) -> Self {
        Self {
            subject: cut(&certificate.subject),
            fingerprint: certificate.fingerprint.as_ref().map(digits),
        }
    }
}

fn cut(text: &str) -> String {
    let (start, _) = text.split_at(text.floor_char_boundary(LONGEST));
    start.to_owned()
}

/// Bytes as lowercase hexadecimal digits.
fn digits(bytes: &[u8; 32]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
