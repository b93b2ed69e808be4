//! UTF-8 that comes in pieces.

use super::violation::Violation;

/// Checks a text piece by piece. It holds no more than the beginning of one character.
#[derive(Debug, Default)]
pub(crate) struct Utf8 {
    character: [u8; 4],
    length: usize,
}

impl Utf8 {
    /// Checks the next piece.
    ///
    /// # Errors
    /// What came up to here begins no text.
    pub(crate) fn check(&mut self, mut piece: &[u8]) -> Result<(), Violation> {
        while self.length > 0 {
            let Some((byte, rest)) = piece.split_first() else {
                return Ok(());
            };
            piece = rest;
            let begun = self.add(*byte);
            match begun.map(|begun| std::str::from_utf8(begun)) {
                Some(Ok(_)) => self.length = 0,
                Some(Err(error)) if error.error_len().is_none() => {}
                _ => return Err(Violation::NoUtf8),
            }
        }
        match std::str::from_utf8(piece) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() => {
                for byte in piece.get(error.valid_up_to()..).unwrap_or_default() {
                    self.add(*byte);
                }
                Ok(())
            }
            Err(_) => Err(Violation::NoUtf8),
        }
    }

    /// The beginning of a character with one byte more. `None`: no character is so long.
    fn add(&mut self, byte: u8) -> Option<&[u8]> {
        *self.character.get_mut(self.length)? = byte;
        self.length += 1;
        self.character.get(..self.length)
    }

    /// Bytes at the end that a character begins with, and that don't end it.
    pub(crate) fn unfinished(&self) -> usize {
        self.length
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    const TEXTS: [&[u8]; 10] = [
        "κόσμε, ñandú, 日本語, 🦀".as_bytes(),
        b"plain",
        b"\xf4\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"good \xff",
        b"cut \xe2\x82",
        b"cut \xe2\x82 and on",
        b"\x80",
    ];

    #[test]
    fn a_text_is_one_however_it_is_cut() {
        for text in TEXTS {
            let whole = std::str::from_utf8(text);
            for cuts in 0..=text.len() {
                for second in cuts..=text.len() {
                    let mut utf8 = Utf8::default();
                    let pieces = [&text[..cuts], &text[cuts..second], &text[second..]];
                    let checked = pieces.iter().try_for_each(|piece| utf8.check(piece));
                    let is_text = checked.is_ok() && utf8.unfinished() == 0;
                    assert_eq!(is_text, whole.is_ok(), "{text:?} {cuts} {second}");
                }
            }
        }
    }

    #[test]
    fn what_can_become_no_text_is_told_at_its_first_wrong_byte() {
        for text in [
            &b"\xf4\x90"[..],
            b"\xed\xa0",
            b"\xc0",
            b"\xf8",
            b"a\xe2\x82a",
        ] {
            let mut utf8 = Utf8::default();
            let (last, before) = text.split_last().expect("it has bytes");
            for byte in before {
                assert_eq!(utf8.check(&[*byte]), Ok(()), "{text:?}");
            }
            assert_eq!(utf8.check(&[*last]), Err(Violation::NoUtf8), "{text:?}");
        }
    }
}
