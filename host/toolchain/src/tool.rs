//! Running other people's tools, and saying how to get those that are missing.

use super::error::BuildError;
use eco_files::read_at_most;
use eco_text::escape::message;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Python's program.
pub(super) const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// A command that runs in `folder`.
pub(super) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    // Python would take modules from that folder for its own.
    command.env("PYTHONSAFEPATH", "1");
    command
}

/// As [`run_unannounced`], and says first what runs.
pub(super) fn run(command: Command, name: &str) -> Result<(), BuildError> {
    tracing::info!("running {name}, whose first run may take some minutes");
    run_unannounced(command, name)
}

/// Runs it to its end. Its output goes to eco's stderr, since stdout is for results.
pub(super) fn run_unannounced(mut command: Command, name: &str) -> Result<(), BuildError> {
    let status = command.stdout(std::io::stderr()).status();
    let status = status.map_err(|error| not_started(&command, error))?;
    if status.success() {
        Ok(())
    } else {
        Err(BuildError::Failed(name.to_owned()))
    }
}

/// Runs it to its end. Its output goes to stderr if it fails, and is dropped otherwise.
pub(super) fn run_quietly(mut command: Command, name: &str) -> Result<(), BuildError> {
    let ended = command.output();
    let ended = ended.map_err(|error| not_started(&command, error))?;
    if ended.status.success() {
        return Ok(());
    }
    for said in [&ended.stdout, &ended.stderr] {
        let said = message(&String::from_utf8_lossy(said));
        // Nobody has to read it.
        let _ = std::io::stderr().write_all(said.as_bytes());
    }
    Err(BuildError::Failed(name.to_owned()))
}

fn not_started(command: &Command, error: std::io::Error) -> BuildError {
    match error.kind() {
        std::io::ErrorKind::NotFound => BuildError::Missing {
            what: format!("{} was not found", command.get_program().display()),
            install: "Is the name right, and is its folder in PATH?",
        },
        _ => BuildError::file(command.get_program())(error),
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

/// Its output, if it succeeds.
pub(super) fn output(mut command: Command) -> Option<String> {
    command.stderr(Stdio::null());
    let text = String::from_utf8(ask(command).ok()??).ok()?;
    Some(text.trim().to_owned())
}

/// Runs it to its end, and gives what it writes to its stdout. `None` if it fails.
///
/// # Errors
/// It does not start.
pub(super) fn ask(mut command: Command) -> std::io::Result<Option<Vec<u8>>> {
    let mut running = command.stdout(Stdio::piped()).spawn()?;
    let said = running.stdout.take();
    let said = said.map(|said| read_at_most(said, MOST_SAID)).transpose();
    let said = said.map(Option::unwrap_or_default);
    if said.as_ref().is_ok_and(|said| said.len() > MOST_SAID) {
        let _ = running.kill();
    }
    let ended = running.wait()?;
    Ok(Some(said?).filter(|said| ended.success() && said.len() <= MOST_SAID))
}

/// Bytes that are taken of a tool's output. cargo names each of its products, in a line of a kilobyte. A tool that says more is
/// ended, and has failed: the folder that it works in may be anybody's.
/// Test: `commands::build_attacks::a_tool_that_never_stops_talking_is_ended`.
const MOST_SAID: usize = 16 * 1024 * 1024;
