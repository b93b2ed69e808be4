//! Hints for flags that other programs have and eco calls otherwise.
//!
//! clap itself finds misspelt flags.

use clap::error::{ContextKind, ContextValue};

/// Other programs' flags for a server's address, or a part of it.
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

/// Whether other programs call a server's address so.
pub(crate) fn is_address(name: &str) -> bool {
    let names = ADDRESS.iter().filter_map(|flag| flag.strip_prefix("--"));
    names.into_iter().any(|other| other == name)
}

/// Adds the right flag to an error about an unknown one, where it is known. `typed` is the command line.
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
        // This replaces clap's advice to pass the flag as a value, which is never right here.
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
}
