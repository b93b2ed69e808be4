//! Plugins that never come to serve: refusals and their words.

mod components;
mod files;

use crate::harness::Eco;

/// Serves a file that can't be served, and gives what it said.
#[track_caller]
fn refused(path: &str, arguments: &[&str]) -> String {
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", path])
        .args(arguments)
        .run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stdout.is_empty());
    assert!(
        exited
            .stderr
            .starts_with(&format!("eco: cannot use the plugin {path}: ")),
        "{}",
        exited.stderr
    );
    exited.stderr
}

/// The built-in echo as a binary.
fn echo() -> Vec<u8> {
    wat::parse_str(include_str!("../../../plugins/echo/echo.wat")).expect("it parses")
}
