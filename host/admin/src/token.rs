//! The token by which a server knows who may see what is not for everybody.
//!
//! Pages of other sites can have a browser send requests here, and so can every user of this machine. None of them knows it.

use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// Bytes of randomness: nobody guesses 128 bits.
const BYTES: usize = 16;

/// The scheme of RFC 6750 and the blank after it.
const BEARER: &[u8] = b"Bearer ";

/// A token, which is 32 hexadecimal digits. It is written only where somebody asks for it by [`Token::reveal`].
#[derive(Clone)]
pub struct Token(Arc<str>);

impl Token {
    /// One that nobody knows yet.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn random() -> std::io::Result<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(digits.into()))
    }

    /// The token itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this value of the header `Authorization` has it. How long that takes says nothing of where they differ.
    pub(crate) fn is_in(&self, authorization: &[u8]) -> bool {
        let Some((scheme, token)) = authorization.split_at_checked(BEARER.len()) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(BEARER) && bool::from(token.ct_eq(self.0.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_after_the_word_bearer_is_one() {
        let token = Token::random().unwrap();
        assert_eq!(token.reveal().len(), 2 * BYTES);
        assert_ne!(token.reveal(), Token::random().unwrap().reveal());
        assert!(!format!("{token:?}").contains(token.reveal()));
        let own = token.reveal();
        assert!(token.is_in(format!("Bearer {own}").as_bytes()));
        assert!(token.is_in(format!("bearer {own}").as_bytes()));
        for other in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            own.to_owned(),
            format!("Basic  {own}"),
            format!("Bearer  {own}"),
            format!("Bearer {own} "),
            format!("Bearer {}", &own[1..]),
            format!("Bearer {}", own.replace(&own[..1], "g")),
        ] {
            assert!(!token.is_in(other.as_bytes()), "{other}");
        }
    }
}
