//! What was probably meant by a flag that eco doesn't have.
//!
//! It owns what other programs call the things that have another name here. Flags that are only misspelt are
//! clap's to find.

use clap::error::{ContextKind, ContextValue};

/// What other programs call the address of a server, or a part of it.
const ADDRESS: [&str; 10] = [
    "--addr",
    "--address",
    "--bind",
    "--connect",
    "--host",
    "--hostname",
    "--ip",
    "--port",
    "--server",
    "--url",
];

/// Adds to an error of the command line what was meant, where that is known. `typed` is the command line.
pub(crate) fn add(error: &mut clap::Error, mut typed: impl Iterator<Item = String>) {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    if !ADDRESS.contains(&flag.as_str()) {
        return;
    }
    let meant = typed.find_map(|word| match word.as_str() {
        "serve" => Some("--listen"),
        "send" | "load" => Some("--to"),
        _ => None,
    });
    if let Some(meant) = meant {
        let tip = format!("address and port are one flag: '{meant} 127.0.0.1:5005'");
        // In the place of the advice to pass it as a value, which is never right here.
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
}
