//! What parses the bytes of strangers and is private, for the fuzz targets in `tests/fuzz`.
//!
//! The feature `fuzzing` has it, and nothing else uses that. It hands over what the functions behind it
//! make, in plain types, and decides nothing. It is no part of the library.

use crate::{command, escape, html};

pub use crate::plugin::fuzzing::{Answer, Scan, Scanned, Straight, held, scan, straight};

/// The figures of `escape`: bytes that are shown of a chunk, of a line, of a message.
pub const SHOWN: usize = escape::SHOWN;
/// See [`SHOWN`].
pub const LINE: usize = escape::LINE;
/// See [`SHOWN`].
pub const MESSAGE: usize = escape::MESSAGE;

/// A chunk in quotes.
pub fn quoted(bytes: &[u8]) -> String {
    escape::Escaped(bytes).to_string()
}

/// What `eco call` takes a chunk for; the error is the escape that makes no sense.
///
/// # Errors
/// An escape is unknown.
pub fn typed(chunk: &str) -> Result<Vec<u8>, String> {
    command::unescape(chunk)
}

/// A text that comes in pieces, as one line.
pub fn one_line(pieces: &[impl std::fmt::Display]) -> String {
    struct Pieces<'a, T>(&'a [T]);
    impl<T: std::fmt::Display> std::fmt::Display for Pieces<'_, T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.iter().try_for_each(|piece| piece.fmt(f))
        }
    }
    escape::one_line(Pieces(pieces))
}

/// A message of several lines.
pub fn message(text: &str) -> String {
    escape::message(text)
}

/// JSON without what a terminal would take for a command.
pub fn json(text: &str) -> String {
    escape::json(text)
}

/// Text as HTML.
pub fn html(text: &str) -> String {
    html::escaped(text)
}
