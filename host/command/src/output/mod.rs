//! Output to stdout, and errors to stderr.
//!
//! It makes texts harmless for a terminal, since they have words and names of strangers.

pub(crate) mod bar;
pub(crate) mod new_file;
pub(crate) mod spinner;

use crate::exit::Failure;
use eco_text::escape::{json as plain_json, message};
use std::io::Write as _;

/// Prints a text for a person, made harmless.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    bytes(message(text).as_bytes())
}

/// Prints a text with colours. The caller has made the words of strangers in it harmless.
pub(crate) fn styled(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Prints JSON.
pub(crate) fn json(text: &str) -> Result<(), Failure> {
    bytes(format!("{}\n", plain_json(text)).as_bytes())
}

/// Writes bytes unchanged. A closed pipe is no error, here and above: nobody has to read to the end.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints an error to stderr. Failing to write is no error.
pub(crate) fn complain(error: &anyhow::Error) {
    let text = message(&format!("{error:#}"));
    let _ = writeln!(std::io::stderr(), "eco: {text}");
}
