//! A chunk on the command line: text with escapes, `@file`, or `-` for stdin.

use crate::exit::{Exit, Failure};
use anyhow::Context as _;
use clap_lex::OsStrExt as _;
use eco_text::escape::{self, Escaped};
use eco_text::unescape;
use std::ffi::OsStr;
use std::io::Read as _;

/// The bytes of a chunk.
pub(super) fn parse(typed: &OsStr) -> Result<Vec<u8>, Failure> {
    if typed == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    if let Some(path) = typed.strip_prefix("@") {
        return std::fs::read(path)
            .with_context(|| format!("cannot read the chunk from {}", escape::os(path)))
            .map_err(|error| Exit::Usage.because(error));
    }
    let Some(text) = typed.to_str() else {
        return Err(Exit::Usage.saying(format!(
            "{} is not UTF-8 text: write \\xHH for a byte that is none",
            Escaped(typed.as_encoded_bytes())
        )));
    };
    unescape(text).map_err(|found| {
        Exit::Usage.saying(format!(
            "{text:?} has the unknown escape {found:?}; there are \\n \\r \\t \\0 \\\\ \\\" \\@ \\xHH and \\u{{H}}"
        ))
    })
}
