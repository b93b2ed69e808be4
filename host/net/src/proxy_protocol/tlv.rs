//! The TLVs of version 2: a type, a length and a value each. Those that tell of TLS are read. All others are skipped, the
//! checksum among them: TCP has its own.

use super::header::{LONGEST_TEXT, ProxyHeaderError};
use eco_contract::{PeerCertificate, TlsDetails};

const ALPN: u8 = 0x01;
const AUTHORITY: u8 = 0x02;
const SSL: u8 = 0x20;
/// Within that of `SSL`.
const SSL_VERSION: u8 = 0x21;
const SSL_COMMON_NAME: u8 = 0x22;

/// The client speaks TLS.
const CLIENT_SSL: u8 = 1;
/// It has shown a certificate, in this connection or in an earlier one that this one resumes.
const CLIENT_CERTIFICATE: u8 = 2 | 4;

/// What TLVs tell of TLS.
pub(super) fn tls(mut tlvs: &[u8]) -> Result<Option<TlsDetails>, ProxyHeaderError> {
    let mut tls = None::<TlsDetails>;
    while let Some((kind, value)) = next(&mut tlvs)? {
        match kind {
            ALPN => tls.get_or_insert_default().protocol = Some(text(kind, value)?),
            AUTHORITY => tls.get_or_insert_default().server_name = Some(text(kind, value)?),
            SSL => ssl(value, &mut tls)?,
            _ => {}
        }
    }
    Ok(tls)
}

fn ssl(value: &[u8], tls: &mut Option<TlsDetails>) -> Result<(), ProxyHeaderError> {
    let Some(([client, verified @ ..], mut tlvs)) = value.split_first_chunk::<5>() else {
        return Err(ProxyHeaderError::TlvLength(SSL));
    };
    if client & CLIENT_SSL == 0 {
        return Ok(());
    }
    // It is 0 also where there was no certificate to verify.
    let is_known = client & CLIENT_CERTIFICATE != 0 && *verified == [0; 4];
    let tls = tls.get_or_insert_default();
    while let Some((kind, value)) = next(&mut tlvs)? {
        match kind {
            SSL_VERSION => tls.version = text(kind, value)?,
            SSL_COMMON_NAME if is_known => {
                let subject = text(kind, value)?;
                tls.certificate = Some(PeerCertificate {
                    subject,
                    fingerprint: None,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes the next TLV: its type and its value.
fn next<'a>(tlvs: &mut &'a [u8]) -> Result<Option<(u8, &'a [u8])>, ProxyHeaderError> {
    let Some((kind, rest)) = tlvs.split_first() else {
        return Ok(None);
    };
    let value = rest.split_first_chunk().and_then(|(length, rest)| {
        let length = usize::from(u16::from_be_bytes(*length));
        rest.split_at_checked(length)
    });
    let (value, rest) = value.ok_or(ProxyHeaderError::TlvLength(*kind))?;
    *tlvs = rest;
    Ok(Some((*kind, value)))
}

fn text(kind: u8, value: &[u8]) -> Result<String, ProxyHeaderError> {
    let text = std::str::from_utf8(value).ok();
    let text = text.filter(|text| text.len() <= LONGEST_TEXT);
    text.map(str::to_owned)
        .ok_or(ProxyHeaderError::TlvText(kind))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[kind], &length[..], value].concat()
    }

    /// What HAProxy tells of a client that shows a certificate of `anna`.
    fn ssl_of_anna(client: u8, verified: u8) -> Vec<u8> {
        let inner = [
            tlv(SSL_VERSION, b"TLSv1.3"),
            tlv(SSL_COMMON_NAME, b"anna"),
            tlv(0x23, b"TLS_AES_128_GCM_SHA256"),
            tlv(0x24, b"RSA-SHA256"),
        ];
        let fields = [client, 0, 0, 0, verified];
        tlv(SSL, &[&fields[..], &inner.concat()].concat())
    }

    fn anna() -> PeerCertificate {
        PeerCertificate {
            subject: "anna".to_owned(),
            fingerprint: None,
        }
    }

    #[test]
    fn what_they_tell_of_tls_is_told_and_no_more() {
        let tls13 = TlsDetails {
            version: "TLSv1.3".to_owned(),
            ..TlsDetails::default()
        };
        let with_anna = TlsDetails {
            certificate: Some(anna()),
            ..tls13.clone()
        };
        let names = TlsDetails {
            server_name: Some("eco.example".to_owned()),
            protocol: Some("h2".to_owned()),
            ..TlsDetails::default()
        };
        let all = TlsDetails {
            version: "TLSv1.3".to_owned(),
            certificate: Some(anna()),
            ..names.clone()
        };
        let named = [tlv(ALPN, b"h2"), tlv(AUTHORITY, b"eco.example")].concat();
        let skipped = [
            tlv(0x03, &[1, 2, 3, 4]),
            tlv(0x04, b""),
            tlv(0x05, &[0xff; 128]),
            tlv(0x30, b"\xff"),
            tlv(0xea, &[0xff; 999]),
        ]
        .concat();
        for (tlvs, wanted) in [
            (vec![], None),
            (skipped.clone(), None),
            (ssl_of_anna(0, 0), None),
            (ssl_of_anna(CLIENT_SSL, 0), Some(tls13.clone())),
            (ssl_of_anna(CLIENT_SSL | 2, 0), Some(with_anna.clone())),
            (ssl_of_anna(CLIENT_SSL | 4, 0), Some(with_anna)),
            (ssl_of_anna(CLIENT_SSL | 2, 20), Some(tls13)),
            (
                tlv(SSL, &[CLIENT_SSL, 0, 0, 0, 1]),
                Some(TlsDetails::default()),
            ),
            (named.clone(), Some(names)),
            (
                [ssl_of_anna(CLIENT_SSL | 2, 0), skipped, named].concat(),
                Some(all),
            ),
        ] {
            assert_eq!(tls(&tlvs), Ok(wanted), "{tlvs:?}");
        }
    }

    #[test]
    fn a_text_that_is_none_is_refused() {
        assert!(tls(&tlv(AUTHORITY, &[b'x'; LONGEST_TEXT])).is_ok());
        for value in [&[b'x'; LONGEST_TEXT + 1][..], b"\xff"] {
            for kind in [ALPN, AUTHORITY] {
                assert_eq!(tls(&tlv(kind, value)), Err(ProxyHeaderError::TlvText(kind)));
            }
            let fields = [CLIENT_SSL, 0, 0, 0, 0];
            let inner = tlv(SSL, &[&fields[..], &tlv(SSL_VERSION, value)].concat());
            assert_eq!(tls(&inner), Err(ProxyHeaderError::TlvText(SSL_VERSION)));
        }
    }

    #[test]
    fn a_length_that_is_wrong_is_refused_at_every_place() {
        let whole = ssl_of_anna(CLIENT_SSL | 2, 0);
        for length in 1..whole.len() {
            assert_eq!(tls(&whole[..length]), Err(ProxyHeaderError::TlvLength(SSL)));
        }
        let mut inner = whole;
        // The length of the version, which is the first one within.
        inner[10] = 0xff;
        assert_eq!(tls(&inner), Err(ProxyHeaderError::TlvLength(SSL_VERSION)));
        let few = tlv(SSL, &[CLIENT_SSL, 0, 0, 0]);
        assert_eq!(tls(&few), Err(ProxyHeaderError::TlvLength(SSL)));
    }
}
