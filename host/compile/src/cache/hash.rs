//! SHA-256 hashes, which serve as names: nobody can make other bytes with the same hash.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// The hash of some bytes; as text, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of this text, as it is displayed: in lower case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() {
            return None;
        }
        for (byte, place) in hash.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
        }
        // A number may have a sign, and capitals.
        Some(Self(hash)).filter(|hash| hash.to_string() == text)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_its_text_says() {
        let hash = Hash::of(b"abc");
        let text = hash.to_string();
        assert!(text.starts_with("ba7816bf"), "{text}");
        assert_eq!(Hash::parse(&text), Some(hash));
        for wrong in [
            "",
            "ba",
            &text.replacen('b', "g", 1),
            &text.replacen('b', "+", 1),
            &text.to_uppercase(),
            &format!("{text}00"),
        ] {
            assert_eq!(Hash::parse(wrong), None, "{wrong}");
        }
    }
}
