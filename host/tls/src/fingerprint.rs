//! The fingerprint of a certificate: a name that no other has.

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// SHA-256 of a certificate (DER), as OpenSSL and browsers show it. It is written as `sha256:` and 64 digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// That of this certificate.
    pub(super) fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads it as it is written, or with a colon after each two digits, as OpenSSL writes it.
impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected sha256: and 64 digits, of 0 to 9 and a to f".to_owned();
        let digits = text.strip_prefix("sha256:").ok_or_else(expected)?;
        let digits: Vec<u8> = match digits.split(':').all(|pair| pair.len() == 2) {
            true => digits.bytes().filter(|byte| *byte != b':').collect(),
            false => digits.into(),
        };
        if digits.len() != 64 {
            return Err(expected());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let digit = |digit: &u8| char::from(*digit).to_digit(16);
            let value = pair
                .iter()
                .try_fold(0, |sum, each| Some(sum * 16 + digit(each)?));
            *byte = value
                .and_then(|value| value.try_into().ok())
                .ok_or_else(expected)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written_and_as_openssl_writes_it() {
        let known = Fingerprint::of(b"abc");
        let written = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(known.to_string(), written);
        assert_eq!(written.parse(), Ok(known));
        let pairs: Vec<String> = known.0.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(format!("sha256:{}", pairs.join(":")).parse(), Ok(known));
        for wrong in [
            "",
            "sha256:",
            "ba78",
            &written[..70],
            &format!("{written}0"),
            &written.replace("ba", "b:a"),
            &written.replace("ba", "+a"),
            &written.replace("ba", "ä"),
        ] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}
