//! Text of unknown origin, made fit for a log or a terminal: what a plugin, a peer or the name of a
//! file says.
//!
//! It owns escaping and cutting, and every such text passes it. `command::logging` and
//! `command::output` pass all their output through it, and `eco_plugin` charges a plugin for its texts.

use std::ffi::OsStr;
use std::fmt::{self, Display, Write as _};
use std::path::Path;

/// How much of a chunk, or of what a plugin says, a line shows; its whole length is named.
/// Test: `escaping::a_refusal_is_one_line_of_the_log_escaped_and_cut`.
pub const SHOWN: usize = 256;

/// Bytes that a line of the log or of a message shows of one text. Nothing that eco says by itself is
/// near it; a compiler's message quotes a line of source, which may be megabytes. What is beyond is
/// left out, and the whole length named.
/// Test: `escaping::a_version_that_does_not_load_is_one_short_line_however_long_its_text`.
pub const LINE: usize = 4096;

/// Bytes of a message, of all its lines together: some screens full. What is beyond is left out, and the
/// whole length named. Test: `escaping::a_plugin_with_many_names_fills_no_terminal`.
pub const MESSAGE: usize = 64 * 1024;

/// Shows bytes as quoted text: printable UTF-8 as it is, everything else as `\n` or `\xff`, as
/// `eco call` reads them, and only the first [`SHOWN`] of them.
pub struct Escaped<'a>(pub &'a [u8]);

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
            write!(f, "{}", Cut(self.0.len()))?;
        }
        Ok(())
    }
}

/// What stands where something was left out, with the length of the whole.
struct Cut(usize);

impl Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "… ({} bytes in all)", self.0)
    }
}

/// A text as one line of at most [`LINE`] bytes, which no part of it can leave.
pub fn one_line(text: impl Display) -> String {
    let mut line = String::new();
    add_to_line(&mut line, text);
    line
}

/// The name of a file or folder, as [`one_line`]: it may be anybody's.
pub fn path(path: &Path) -> String {
    os(path.as_os_str())
}

/// What the system has as a name or an argument, as [`one_line`].
pub fn os(text: &OsStr) -> String {
    one_line(OsText(text))
}

/// Shows what the system has as a name or an argument: what is no text in it as `\xff`.
pub struct OsText<'a>(pub &'a OsStr);

impl Display for OsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.as_encoded_bytes().utf8_chunks() {
            f.write_str(part.valid())?;
            for byte in part.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Writes the name of a file or folder as text, and no two names as one: what is no text in it as `\xff`, and a
/// backslash as two.
pub struct Name<'a>(pub &'a OsStr);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.as_encoded_bytes().utf8_chunks() {
            for (number, piece) in part.valid().split('\\').enumerate() {
                if number > 0 {
                    f.write_str(r"\\")?;
                }
                f.write_str(piece)?;
            }
            for byte in part.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Adds to a line what [`one_line`] makes of a text.
pub fn add_to_line(line: &mut String, text: impl Display) {
    let mut pieces = Pieces { line, length: 0 };
    // It fails only where the text's own `Display` does.
    let _ = write!(pieces, "{text}");
    let Pieces { line, length } = pieces;
    if length > LINE {
        let _ = write!(line, "{}", Cut(length));
    }
}

/// Takes a text in pieces, and forgets what is beyond [`LINE`] bytes as it comes.
struct Pieces<'a> {
    line: &'a mut String,
    /// Bytes that came.
    length: usize,
}

impl fmt::Write for Pieces<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LINE.saturating_sub(self.length);
        self.length += text.len();
        let (shown, _) = text.split_at(text.floor_char_boundary(room));
        // Most of it is ASCII.
        let plain = shown.find(|c| !matches!(c, ' '..='~'));
        let (plain, rest) = shown.split_at(plain.unwrap_or(shown.len()));
        self.line.push_str(plain);
        for c in rest.chars() {
            push(self.line, c);
        }
        Ok(())
    }
}

/// A message of several lines for a terminal: [`harmless`], and none of its lines nor the whole longer
/// than is good for anybody.
pub fn message(text: &str) -> String {
    let mut shown = String::new();
    let mut lines = text.split_inclusive('\n');
    for whole in &mut lines {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let (start, rest) = line.split_at(line.floor_char_boundary(LINE));
        shown += &harmless(start);
        if !rest.is_empty() {
            shown += &Cut(line.len()).to_string();
        }
        if whole.len() > line.len() {
            shown.push('\n');
        }
        if shown.len() > MESSAGE {
            break;
        }
    }
    if lines.next().is_some() {
        shown += &format!("{}\n", Cut(text.len()));
    }
    shown
}

/// A text of several lines without what a terminal would take for a command: control characters and
/// marks of direction are escaped, all else stays as it is.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            _ => push(&mut shown, c),
        }
    }
    shown
}

/// JSON of the same values, in which what a terminal would take for a command stands as `\u` and its
/// number.
pub fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push(c),
            _ if is_plain(c) => shown.push(c),
            // Beyond ASCII it can only be in a string.
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    shown += &format!("\\u{unit:04x}");
                }
            }
        }
    }
    shown
}

fn push(shown: &mut String, c: char) {
    if is_plain(c) {
        shown.push(c)
    } else {
        shown.extend(c.escape_debug())
    }
}

/// Whether it is a character to look at, and no more. Unicode's tables are the standard library's.
fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~') || c.escape_debug().len() == 1
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

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_text_is_shown_and_no_two_become_one() {
        use std::os::unix::ffi::OsStrExt as _;
        let shown = |name: &[u8]| path(Path::new(OsStr::from_bytes(name)));
        assert_eq!(shown(b"a\xff\x1b.js"), r"a\xff\u{1b}.js");
        let name = |name: &[u8]| Name(OsStr::from_bytes(name)).to_string();
        let names: [&[u8]; 6] = [b"\xfe", b"\xff", br"\xff", br"\\xff", b"\\\xff", br"\"];
        let different: std::collections::BTreeSet<_> = names.into_iter().map(name).collect();
        assert_eq!(different.len(), names.len(), "{different:?}");
        assert_eq!(name(b"anna b\n"), "anna b\n");
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

    #[test]
    fn a_line_is_not_left_however_the_text_comes() {
        assert_eq!(
            one_line("a\"b\\ñ\n\r\t\u{1b}[2J\u{9b}\u{2028}"),
            r#"a"b\ñ\n\r\t\u{1b}[2J\u{9b}\u{2028}"#
        );
        let long = "ñ".repeat(LINE);
        let text = one_line(format_args!("x{long}y{long}z"));
        let (shown, rest) = text.split_at(LINE - 1);
        assert_eq!(shown, format!("x{}", "ñ".repeat(LINE / 2 - 1)));
        assert_eq!(rest, "… (16387 bytes in all)");
    }

    #[test]
    fn a_message_keeps_its_lines_and_no_more_than_is_good() {
        assert_eq!(message("a\n\tb\u{7}\n"), "a\n\tb\\u{7}\n");
        assert_eq!(message("a\nb"), "a\nb");
        let wide = message(&"w".repeat(LINE + 1));
        assert!(wide.ends_with("w… (4097 bytes in all)"), "{wide}");
        let long = message(&"line\n".repeat(MESSAGE));
        assert!(long.len() < MESSAGE + 100, "{}", long.len());
        assert!(long.ends_with("line\n… (327680 bytes in all)\n"));
    }

    #[test]
    fn json_says_the_same_in_other_characters() {
        let text = "a\u{9b}\u{202e}\u{10fffe}ñ\u{1b}\"\\\n";
        let encoded = serde_json::to_string_pretty(&[text]).unwrap_or_default();
        let shown = json(&encoded);
        assert!(
            shown.contains(r"\u009b\u202e\udbff\udffeñ\u001b"),
            "{shown}"
        );
        let back: Vec<String> = serde_json::from_str(&shown).unwrap_or_default();
        assert_eq!(back, [text]);
    }
}
