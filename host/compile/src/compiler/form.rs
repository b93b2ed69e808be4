//! The form of a file that is no script: a component or a core module in binary form, the text of one, or something else.
//!
//! It tells them apart by their first bytes. `binary` looks inside.

use super::refusal::Refusal;
use crate::facts::Form;
use crate::script::languages::Language;

/// The first eight bytes of a component, from the component model's binary format: magic, version
/// 13, layer 1. A core module has version 1, layer 0.
const COMPONENT: [u8; 8] = *b"\0asm\x0d\0\x01\0";
const MAGIC: &[u8] = b"\0asm";
const CORE_MODULE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// The binary form, and what it holds; text is translated to it. `name` is for messages.
pub(super) fn binary(bytes: Vec<u8>, name: &str) -> Result<(Vec<u8>, Form), Refusal> {
    if let Some(form) = of_header(&bytes) {
        return Ok((bytes, form));
    }
    if bytes.starts_with(MAGIC) {
        return Err(Refusal::Invalid(
            "its header has an unknown version".to_owned(),
        ));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) if looks_like_wat(text) => {
            let binary = wat::parse_str(text).map_err(|mut error| {
                error.set_path(name);
                Refusal::Text(error.to_string())
            })?;
            let form = of_header(&binary).unwrap_or(Form::Component);
            Ok((binary, form))
        }
        _ => Err(Refusal::NotWasm(describe(&bytes))),
    }
}

fn of_header(bytes: &[u8]) -> Option<Form> {
    if bytes.starts_with(&COMPONENT) {
        Some(Form::Component)
    } else {
        bytes.starts_with(&CORE_MODULE).then_some(Form::Module)
    }
}

/// Text form starts with a parenthesis, after blanks and comments.
fn looks_like_wat(text: &str) -> bool {
    let rest = text.trim_start();
    rest.starts_with('(') || rest.starts_with(";;")
}

fn describe(bytes: &[u8]) -> String {
    let kind = match bytes {
        [] => return "the file is empty".to_owned(),
        [0x7f, b'E', b'L', b'F', ..] => {
            "a native program or precompiled code (ELF; eco runs programs that were compiled for WASI)"
        }
        [b'#', b'!', ..] => &format!(
            "a script (eco runs those that end in {})",
            Language::extensions()
        ),
        bytes if MAGIC.starts_with(bytes) => "a truncated .wasm file",
        bytes if std::str::from_utf8(bytes).is_ok() => "some other text",
        _ => "some other data",
    };
    let start = bytes.get(..16).unwrap_or(bytes);
    format!(
        "it looks like {kind}, and starts with {}",
        eco_text::escape::Escaped(start)
    )
}
