//! The chunks of `eco call`, as they are typed: escapes, `@file`, or `-` for stdin.

use super::exit::{Exit, Failure};
use anyhow::Context as _;
use std::io::Read as _;

/// The bytes of one argument.
pub(super) fn parse(typed: &str) -> Result<Vec<u8>, Failure> {
    if typed == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    if let Some(path) = typed.strip_prefix('@') {
        return std::fs::read(path)
            .with_context(|| format!("cannot read the chunk from {path}"))
            .map_err(|error| Exit::Usage.because(error));
    }
    unescape(typed).map_err(|found| {
        Exit::Usage.saying(format!(
            "{typed:?} has the unknown escape {found:?}; there are \\n \\r \\t \\0 \\\\ \\@ and \\xHH"
        ))
    })
}

/// The error is the escape that makes no sense.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        bytes.push(match rest.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::unescape;

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
        ] {
            assert_eq!(unescape(text).unwrap_err(), found);
        }
    }
}
