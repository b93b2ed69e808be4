//! Hints for flags that other programs have and eco calls otherwise, and for those of programs that eco runs.
//!
//! clap itself finds misspelt flags.

use clap::error::{ContextKind, ContextValue, ErrorKind};

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
    let is_misspelt = error.get(ContextKind::SuggestedArg).is_some();
    let is_unknown = error.kind() == ErrorKind::UnknownArgument && !is_misspelt;
    let is_address = ADDRESS.contains(&flag.as_str());
    let address = |meant| format!("address and port are one flag: '{meant} 127.0.0.1:5005'");
    let tips = typed.find_map(|word| match word.as_str() {
        "serve" if is_address => Some(vec![address("--listen")]),
        "send" | "load" if is_address => Some(vec![address("--to")]),
        "call" | "send" | "load" if is_unknown => Some(vec![
            format!("to give '{flag}' to a program, use '--arguments={flag}'"),
            format!("to send '{flag}', use '-- {flag}'"),
        ]),
        _ => None,
    });
    if let Some(tips) = tips {
        // These replace clap's advice to pass the flag as a value, which does not say what the value would be.
        let tips = tips.into_iter().map(Into::into).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
}
