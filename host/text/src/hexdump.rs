//! Bytes side by side in hexadecimal and as text, with one place marked.

use std::fmt::Write as _;

/// Bytes in a row.
const ROW: usize = 16;
/// Rows shown before and after the marked one.
const AROUND: usize = 2;

/// Shows the rows around the byte at `mark`, with a caret under it; without a mark, the first rows.
/// A mark at or behind the end shows the last rows. Offsets count from 0, in hexadecimal.
pub fn hexdump(bytes: &[u8], mark: Option<usize>) -> String {
    let last_row = bytes.len().saturating_sub(1) / ROW;
    let marked_row = (mark.unwrap_or(0) / ROW).min(last_row + 1);
    let first = marked_row.saturating_sub(AROUND);
    let rows = bytes.chunks(ROW).enumerate().skip(first);
    let mut text = String::new();
    for (index, row) in rows.take(marked_row - first + AROUND + 1) {
        let hex: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain: String = row.iter().map(|&byte| printable(byte)).collect();
        let offset = index * ROW;
        // Writing to a string can't fail.
        let _ = writeln!(text, "  {offset:08x}  {:<47}  |{plain}|", hex.join(" "));
        if let Some(mark) = mark
            && index == marked_row
        {
            let _ = writeln!(
                text,
                "  {:8}  {:indent$}^^",
                "",
                "",
                indent = mark % ROW * 3
            );
        }
    }
    text
}

fn printable(byte: u8) -> char {
    match byte {
        b' '..=b'~' => byte as char,
        _ => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_byte_is_shown_among_its_neighbours() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = hexdump(&bytes, Some(0x42));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(
            lines.get(2..4).unwrap_or_default(),
            [
                "  00000040  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  |@ABCDEFGHIJKLMNO|",
                "                  ^^",
            ]
        );
    }

    #[test]
    fn a_mark_behind_the_end_shows_the_end() {
        assert_eq!(hexdump(b"", Some(0)), "");
        assert!(hexdump(b"abc", Some(3)).contains("|abc|"));
        assert!(hexdump(&[b'x'; 64], Some(64)).contains("00000030"));
    }
}
