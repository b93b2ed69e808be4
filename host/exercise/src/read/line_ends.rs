//! Line ends. A checkout may change them: git turns LF into CRLF and back (`core.autocrlf`), and so do editors.
//!
//! It makes the TOML of an exercise the same after any checkout, and finds the strings and files that a checkout may
//! change.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// The text without a byte-order mark, with lines that end in LF alone. In TOML that changes multi-line strings alone,
/// and there a reader may choose the line end (TOML 1.1, "String").
pub(super) fn unified(text: String) -> String {
    let unmarked = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if unmarked.len() < text.len() || text.contains("\r\n") {
        unmarked.replace("\r\n", "\n")
    } else {
        text
    }
}

/// The lines, counted from 1, of multi-line strings with a CRLF in their value: the first such line of each.
pub(super) fn in_strings(text: &str) -> Vec<usize> {
    let tokens = Source::new(text).lex().into_vec();
    let strings = tokens.into_iter().filter(|token| {
        let kind = token.kind();
        matches!(kind, TokenKind::MlBasicString | TokenKind::MlLiteralString)
    });
    let (mut line, mut counted) = (1, 0);
    let found = strings.filter_map(|token| {
        let (start, end) = (token.span().start(), token.span().end());
        let string = text.get(start..end)?;
        // A line end right behind the quotes is no part of the string.
        let skipped = 3 + usize::from(string.get(3..5) == Some("\r\n")) * 2;
        let at = start + skipped + string.get(skipped..)?.find("\r\n")?;
        // Lines are counted from the string before, since there may be many strings.
        let between = text.get(counted..at)?;
        line += between.matches('\n').count();
        counted = at;
        Some(line)
    });
    found.collect()
}

/// Whether git may take the bytes for text and change their line ends: they have a line end, and no NUL among the first
/// 8000 (git's `buffer_is_binary`).
pub(super) fn may_change(bytes: &[u8]) -> bool {
    let looked_at = bytes.get(..8000).unwrap_or(bytes);
    bytes.contains(&b'\n') && !looked_at.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_ends_that_a_string_stands_for_matter() {
        let text = "a = \"b\"\r\nc = \"\"\"\r\nd\"\"\"\r\n# \"\"\"\r\ne = '''f\r\ng\r\n'''\r\n";
        assert_eq!(in_strings(text), [5]);
        assert_eq!(in_strings(&unified(text.to_owned())), [0; 0]);
    }

    #[test]
    fn text_is_what_git_takes_for_text() {
        assert!(may_change(b"GET / HTTP/1.0\r\n\r\n"));
        assert!(!may_change(b"no line"));
        assert!(!may_change(b"\0\n"));
    }
}
