//! The form of a file that is no script: a component in binary form, its text, or something else.
//!
//! It tells them apart by their first bytes. `binary` looks inside a component.

use super::refusal::Refusal;
use crate::script::languages::Language;

/// The first eight bytes of a component, from the component model's binary format: magic, version
/// 13, layer 1. A core module has version 1, layer 0.
const COMPONENT: [u8; 8] = *b"\0asm\x0d\0\x01\0";
const MAGIC: &[u8] = b"\0asm";
const CORE_MODULE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// The component in binary form; text is translated to it. `name` is for messages.
pub(super) fn component(bytes: Vec<u8>, name: &str) -> Result<Vec<u8>, Refusal> {
    if bytes.starts_with(&COMPONENT) {
        return Ok(bytes);
    }
    if bytes.starts_with(&CORE_MODULE) {
        return Err(Refusal::CoreModule);
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
            if binary.starts_with(&CORE_MODULE) {
                return Err(Refusal::CoreModule);
            }
            Ok(binary)
        }
        _ => Err(Refusal::NotWasm(describe(&bytes))),
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
        [0x7f, b'E', b'L', b'F', ..] => "a native program or a precompiled plugin (ELF)",
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
