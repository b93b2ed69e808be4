//! What goes to stdout, and what a person is told on stderr.
//!
//! It owns that a text does a terminal no harm, whoever's words or names are in it.

pub(crate) mod new_file;
pub(crate) mod progress;

use crate::exit::Failure;
use eco_text::escape::{json as plain_json, message};
use std::io::Write as _;

/// Writes a text for a person. Nobody has to read it to its end.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    bytes(message(text).as_bytes())
}

/// Writes a text with colours, whose maker has made all other words in it harmless.
pub(crate) fn styled(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Writes JSON.
pub(crate) fn json(text: &str) -> Result<(), Failure> {
    bytes(format!("{}\n", plain_json(text)).as_bytes())
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Says on stderr why a command, or one of its turns, failed. Nobody has to read it.
pub(crate) fn complain(error: &anyhow::Error) {
    let text = message(&format!("{error:#}"));
    let _ = writeln!(std::io::stderr(), "eco: {text}");
}
