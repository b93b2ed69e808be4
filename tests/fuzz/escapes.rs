//! What is written to logs, terminals and pages: `escape` and `html`.

use eco_text::escape::{Escaped, LINE, MESSAGE, SHOWN, json, message, one_line};
use eco_text::{html, unescape};
use std::fmt::{self, Display};

/// Bytes that the longest escape has for one byte of a text: `\u{1b}`.
const LONGEST: usize = 6;
/// The same for a chunk: `\x1b`.
const LONGEST_OF_CHUNK: usize = 4;
/// Bytes of the words that say how much was left out.
const CUT: usize = 64;

/// What does harm to a terminal, or to whoever reads it, and what is on the way to that.
const PARTS: [&str; 20] = [
    "\u{1b}[2J",
    "\n",
    "\r",
    "\t",
    "\0",
    "\u{7f}",
    "\u{9b}",
    "\u{202e}",
    "\u{2066}",
    "\u{2028}",
    "\u{feff}",
    "\u{301}",
    "\u{e0041}",
    "\u{10ffff}",
    "'",
    "\"",
    "\\",
    "\\x1b",
    "<script>",
    "&amp;",
];

/// A text that comes in pieces.
struct Pieces<'a>([&'a str; 3]);

impl Display for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| piece.fmt(f))
    }
}

type Input = (Vec<u8>, String, Vec<u8>, u16);

#[test]
fn what_strangers_write_leaves_no_line_and_commands_no_terminal() {
    bolero::check!()
        .with_type::<Input>()
        .for_each(|(parts, text, bytes, times)| {
            let parts: String = parts
                .iter()
                .map(|part| PARTS[usize::from(*part) % PARTS.len()])
                .collect();
            let mixed = format!("{parts}{text}");
            // Once in a while beyond a line, or a message, and cut at any place.
            let bytes_of_long = match times % 64 {
                0 => MESSAGE + usize::from(*times) % 4096,
                1..8 => LINE + usize::from(*times) % 64,
                _ => 0,
            };
            let long = mixed.repeat(bytes_of_long / mixed.len().max(1) + 1);
            for text in [text, &mixed, &long] {
                a_chunk(text.as_bytes());
                a_line(text, usize::from(*times));
                a_message(text);
                a_page(text);
                a_document(text);
            }
            a_chunk(bytes);
            a_chunk(&bytes.repeat(9));
        });
}

fn a_chunk(bytes: &[u8]) {
    let shown = Escaped(bytes).to_string();
    assert_tame(&shown, &[]);
    assert!(
        shown.len() <= SHOWN * LONGEST_OF_CHUNK + 2 + CUT,
        "{} bytes",
        shown.len()
    );
    let (inside, cut) = shown[1..].rsplit_once('"').unwrap();
    assert_eq!(cut.is_empty(), bytes.len() <= SHOWN, "{shown}");
    let seen = &bytes[..bytes.len().min(SHOWN)];
    assert_eq!(unescape(inside).as_deref(), Ok(seen), "{shown}");
}

fn a_line(text: &str, place: usize) {
    let whole = one_line(text);
    assert_tame(&whole, &[]);
    assert!(whole.len() <= LINE * LONGEST + CUT, "{} bytes", whole.len());
    let pieces = text.split_at(text.floor_char_boundary(place % (text.len() + 1)));
    assert_eq!(one_line(Pieces([pieces.0, "", pieces.1])), whole);
    if text.len() <= LINE && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        assert_eq!(whole, text);
    }
}

fn a_message(text: &str) {
    let shown = message(text);
    assert_tame(&shown, &['\n', '\t']);
    assert!(
        shown.len() <= MESSAGE + LINE * LONGEST + 2 * CUT,
        "{} bytes",
        shown.len()
    );
    assert!(shown.lines().all(|line| line.len() <= LINE * LONGEST + CUT));
    assert!(shown.lines().count() <= text.lines().count() + 1);
}

fn a_page(text: &str) {
    let shown = html::escaped(text).into_string();
    assert_tame(&shown, &['\n', '\t']);
    assert!(!shown.contains(['<', '>', '"', '\'']), "{shown}");
    for (place, _) in shown.match_indices('&') {
        let name = shown[place + 1..].split(';').next().unwrap();
        assert!(
            ["amp", "lt", "gt", "quot", "#39"].contains(&name),
            "{shown}"
        );
    }
}

fn a_document(text: &str) {
    let shown = json(&serde_json::to_string_pretty(&[text]).unwrap());
    assert_tame(&shown, &['\n']);
    assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text]);
}

/// Nothing in it moves a cursor, ends a line or turns the direction of what follows.
fn assert_tame(shown: &str, allowed: &[char]) {
    let harmful = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let ends = matches!(c, '\u{2028}' | '\u{2029}');
        (c.is_control() || turns || ends) && !allowed.contains(&c)
    };
    assert!(!shown.contains(harmful), "{shown:?}");
}
