//! Bytes of unknown origin, made fit for a log line or a terminal.

use std::fmt::{self, Display, Write as _};

/// How much of a chunk a log line shows; its whole length is named.
pub(crate) const SHOWN: usize = 256;

/// Shows bytes as quoted text: printable UTF-8 as it is, everything else as `\n` or `\xff`, as
/// `eco call` reads them, and only the first [`SHOWN`] of them.
pub(crate) struct Escaped<'a>(pub &'a [u8]);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..SHOWN).unwrap_or(self.0);
        f.write_char('"')?;
        for part in shown.utf8_chunks() {
            for shown in part.valid().chars() {
                match shown {
                    // In double quotes it needs no escape, and messages are full of it.
                    '\'' => f.write_char(shown)?,
                    '\0' | '\n' | '\r' | '\t' => Display::fmt(&shown.escape_debug(), f)?,
                    _ if shown.is_ascii_control() => write!(f, "\\x{:02x}", u32::from(shown))?,
                    _ => Display::fmt(&shown.escape_debug(), f)?,
                }
            }
            for byte in part.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_char('"')?;
        if shown.len() < self.0.len() {
            write!(f, "… ({} bytes in all)", self.0.len())?;
        }
        Ok(())
    }
}

/// A text of several lines without what a terminal would take for a command: control characters and
/// marks of direction are escaped, all else stays as it is.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\'' | '"' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is_and_the_rest_escaped() {
        assert_eq!(
            Escaped("eñe\n\"\u{1b}[2J".as_bytes()).to_string(),
            r#""eñe\n\"\x1b[2J""#
        );
        assert_eq!(Escaped(b"\xff\x00ok").to_string(), r#""\xff\0ok""#);
    }

    #[test]
    fn direction_marks_cannot_reorder_a_log_line() {
        assert_eq!(
            Escaped("\u{202e}abc".as_bytes()).to_string(),
            r#""\u{202e}abc""#
        );
    }

    #[test]
    fn a_long_chunk_is_cut_and_its_length_named() {
        let text = Escaped(&[b'a'; 1000]).to_string();
        assert!(text.ends_with("a\"… (1000 bytes in all)"), "{text}");
        assert_eq!(text.matches('a').count(), SHOWN + 1);
    }
}
