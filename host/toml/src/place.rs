//! Places in a text, as editors count them.

use std::fmt;

/// A place in a text: `7:3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its line, counted from 1.
    pub line: usize,
    /// The place of its character in the line, counted from 1.
    pub column: usize,
}

impl Place {
    /// The place of the character that begins at this byte, or of the end where none does.
    pub fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..text.floor_char_boundary(byte)).unwrap_or(text);
        let line_start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |end| end + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        Self {
            line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1,
            column: in_line.chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_from_1_and_in_characters() {
        let text = "ab\n\u{e4}c\n";
        for (byte, place) in [
            (0, "1:1"),
            (1, "1:2"),
            (3, "2:1"),
            (5, "2:2"),
            (7, "3:1"),
            (99, "3:1"),
        ] {
            assert_eq!(Place::of(text, byte).to_string(), place, "{byte}");
        }
    }
}
