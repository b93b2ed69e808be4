//! The chunks of `eco call`, as they are typed: escapes, `@file`, or `-` for stdin.

use super::exit::{Exit, Failure};
use anyhow::Context as _;
use eco_text::unescape;
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
            "{typed:?} has the unknown escape {found:?}; there are \\n \\r \\t \\0 \\\\ \\\" \\@ \\xHH and \\u{{H}}"
        ))
    })
}
