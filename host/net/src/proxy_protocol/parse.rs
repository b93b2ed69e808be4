//! Reading a header of either version from the first bytes of a connection.

use super::header::{LONGEST_BLOCK, ProxyHeader, ProxyHeaderError};
use super::{v1, v2};
use eco_text::escape::Escaped;

/// The bytes of the longest header. No more than so many are read before it is known where the header ends.
pub(super) const LONGEST: usize = v2::PREFIX + LONGEST_BLOCK;

/// The bytes that an error shows of what came instead of a header: enough to recognise a protocol by.
/// Test: `what_begins_with_something_else_is_said_with_what_it_is`.
const SHOWN: usize = 16;

/// How requests of HTTP begin.
const HTTP: [&[u8]; 8] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"CONNECT ",
    b"PRI ",
];

/// How TLS begins: a record of a handshake, of version 3.
const TLS: &[u8] = &[0x16, 0x03];

impl ProxyHeader {
    /// Reads the header at the beginning of `bytes`, and gives it with its length. `None`: it goes on beyond them.
    ///
    /// # Errors
    /// No header begins so, or what does is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProxyHeaderError> {
        if bytes.starts_with(v1::SIGNATURE) {
            return v1::parse(bytes);
        }
        if bytes.starts_with(&v2::SIGNATURE) {
            return v2::parse(bytes);
        }
        if v1::SIGNATURE.starts_with(bytes) || v2::SIGNATURE.starts_with(bytes) {
            return Ok(None);
        }
        Err(ProxyHeaderError::Other(guess(bytes)))
    }
}

/// Names what begins so.
fn guess(bytes: &[u8]) -> String {
    if bytes.starts_with(TLS) {
        return "TLS".to_owned();
    }
    if HTTP.iter().any(|method| bytes.starts_with(method)) {
        return "HTTP".to_owned();
    }
    let shown = bytes.get(..SHOWN).unwrap_or(bytes);
    Escaped(shown).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> String {
        let parsed = ProxyHeader::parse(bytes);
        parsed.expect_err("it is no header").to_string()
    }

    #[test]
    fn what_begins_with_something_else_is_said_with_what_it_is() {
        for (bytes, came) in [
            (&b"\x16\x03\x01\x02\x00\x01"[..], "TLS"),
            (b"GET / HTTP/1.1\r\n", "HTTP"),
            (b"PRI * HTTP/2.0\r\n\r\nSM", "HTTP"),
            (b"POS", r#""POS""#),
            (b"PROXY\r\n", r#""PROXY\r\n""#),
            (b"proxy TCP4 ", r#""proxy TCP4 ""#),
            (b"\r\n\r\n\r\n", r#""\r\n\r\n\r\n""#),
            (&[b'x'; 5000], r#""xxxxxxxxxxxxxxxx""#),
        ] {
            let wanted = format!("a PROXY header was expected, and {came} came");
            assert_eq!(error(bytes), wanted);
        }
    }

    #[test]
    fn what_may_become_a_header_is_waited_for() {
        let signatures = [v1::SIGNATURE, &v2::SIGNATURE];
        for signature in signatures {
            for length in 0..=signature.len() {
                let (begins, _) = signature.split_at(length);
                assert_eq!(ProxyHeader::parse(begins), Ok(None), "{begins:?}");
            }
        }
    }
}
