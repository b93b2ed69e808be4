//! The question after a path: `service=chat&id=5&from=0`.

/// Finds the value of this name, decoded: `%20` is a blank, and so is a plus (the form encoding of the URL standard).
/// `None`: it is not there, or is no text.
pub(super) fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    decode(value)
}

/// Decodes the percent signs.
fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        decoded.push(match first {
            b'+' => b' ',
            b'%' => {
                let (digits, others) = rest.split_at_checked(2)?;
                rest = others;
                let digits = std::str::from_utf8(digits).ok()?;
                // A sign is no digit.
                let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                are_digits.then(|| u8::from_str_radix(digits, 16).ok())??
            }
            other => *other,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_name_and_decoded() {
        let query = "service=a%20b%C3%A9+c&id=5&id=6&=7&from";
        assert_eq!(value(query, "service").as_deref(), Some("a bé c"));
        assert_eq!(value(query, "id").as_deref(), Some("5"));
        for missing in ["from", "i", "none"] {
            assert_eq!(value(query, missing), None, "{missing}");
        }
        for broken in ["id=%", "id=%4", "id=%+4", "id=%zz", "id=%ff"] {
            assert_eq!(value(broken, "id"), None, "{broken}");
        }
        assert_eq!(value("", "id"), None);
    }
}
