//! Escapes, as `eco call` and the log have them, back to bytes.

/// The bytes of a text with escapes: all that [`Escaped`](super::escape::Escaped) writes, so that a chunk of
/// the log can be typed again; and `\@`.
///
/// # Errors
/// The escape that makes no sense.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        if let Some(code) = rest.as_str().strip_prefix("u{") {
            let (digits, after) = code.split_once('}').unwrap_or((code, ""));
            let shown = character(digits).ok_or_else(|| format!("\\u{{{digits}}}"))?;
            bytes.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after.chars();
            continue;
        }
        bytes.push(match rest.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('"') => b'"',
            Some('@') => b'@',
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                let byte = u8::from_str_radix(&digits, 16).ok();
                byte.filter(|_| digits.len() == 2 && !digits.starts_with('+'))
                    .ok_or(format!("\\x{digits}"))?
            }
            other => return Err(other.map_or("\\".to_owned(), |c| format!("\\{c}"))),
        });
    }
    Ok(bytes)
}

/// The character with this number, in hexadecimal digits.
fn character(digits: &str) -> Option<char> {
    let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| all);
    number.and_then(char::from_u32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::unescape;
    use crate::escape::Escaped;

    #[test]
    fn escapes_are_those_of_c_and_nonsense_is_named() {
        assert_eq!(
            unescape(r"a\n\x00\xfF\\\@é").unwrap(),
            b"a\n\0\xff\\@\xc3\xa9"
        );
        for (text, found) in [
            (r"\q", r"\q"),
            (r"\x1", r"\x1"),
            (r"\x+1", r"\x+1"),
            (r"\", r"\"),
            (r"\u{110000}", r"\u{110000}"),
            (r"\u{+1}", r"\u{+1}"),
            (r"\u", r"\u"),
        ] {
            assert_eq!(unescape(text).unwrap_err(), found);
        }
    }

    #[test]
    fn what_a_log_shows_of_a_chunk_can_be_typed_again() {
        let chunk = b"\0\x1b\xff\r\n\t \"it's\" \\ \xe2\x80\xae\xf4\x8f\xbf\xbd\xc3\xb1";
        let shown = Escaped(chunk).to_string();
        let typed = shown
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        assert_eq!(unescape(typed.unwrap()).unwrap(), chunk, "{shown}");
    }
}
