//! A program under test, with its lines.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest wait for anything, after which a test fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Where cargo puts the example with this name. This test is TARGET/PROFILE/deps/NAME.
fn path(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("it runs");
    let folder = test.ancestors().nth(2).expect("it lies in TARGET/PROFILE");
    let program = folder.join("examples").join(example);
    program.with_extension(std::env::consts::EXE_EXTENSION)
}

/// A program that runs, with its lines.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Program {
    /// Starts the example with this name.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let path = path(name);
        let started = Command::new(&path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = started.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let (give, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if give.send(line).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take().expect("it is piped");
        Self {
            child,
            stdin,
            lines,
        }
    }

    /// The next line of its output.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line comes")
    }

    /// All lines up to the first that holds for `last`, which is among them.
    pub(crate) fn lines_until(&self, last: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &String| !last(line)) {
            lines.push(self.line());
        }
        lines
    }

    /// The words after `listening on`.
    pub(crate) fn place(&self) -> String {
        let line = self.line();
        let place = line.strip_prefix("listening on ");
        place
            .unwrap_or_else(|| panic!("no place: {line}"))
            .to_owned()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.place().parse().expect("it is an address")
    }

    /// Sends SIGINT, and returns the lines that are left, once the program has ended well.
    pub(crate) fn interrupt(mut self) -> Vec<String> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &id]).status();
        assert!(sent.expect("kill is there").success());
        let lines = self.rest();
        assert!(self.child.wait().expect("it ends").success());
        lines
    }

    /// The lines that are left, up to its end.
    pub(crate) fn rest(&self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.recv_timeout(PATIENCE).ok()).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, unless its test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
