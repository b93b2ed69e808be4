//! Running other people's tools, and saying how to get those that are missing.

use super::error::BuildError;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// What Python is called.
pub(super) const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// A command that runs in `folder`.
pub(super) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    // Python would take modules from that folder for its own.
    command.env("PYTHONSAFEPATH", "1");
    command
}

/// Runs it to its end. What it prints goes to eco's stderr, since stdout is for results.
pub(super) fn run(mut command: Command, name: &str) -> Result<(), BuildError> {
    // The first run of some of them takes minutes.
    tracing::info!("running {name}");
    let status = command
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => BuildError::Missing {
                what: format!("{} was not found", command.get_program().display()),
                install: "Is the name right, and is its folder in PATH?",
            },
            _ => BuildError::file(command.get_program())(error),
        })?;
    match status.success() {
        true => Ok(()),
        false => Err(BuildError::Failed(name.to_owned())),
    }
}

/// Whether it can be run and succeeds, without a word.
pub(super) fn works(mut command: Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What it prints, if it succeeds.
pub(super) fn output(mut command: Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
