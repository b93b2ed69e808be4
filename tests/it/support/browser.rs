//! A browser without a window.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser that takes longer hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A browser that runs. Dropping it ends all that it has started.
pub(crate) struct Browser {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Browser {
    /// Opens this URL, with a profile of its own in the folder. Without a browser it says that `what` is not tested;
    /// where `ECO_ALL_TOOLS` is set, there has to be one.
    pub(crate) fn open(folder: &Path, url: &str, more: &[&str], what: &str) -> Option<Self> {
        let stdout = folder.join("stdout");
        let started = BROWSERS.into_iter().find_map(|browser| {
            let mut command = Command::new(browser);
            command.args(arguments(folder)).args(more).arg(url);
            command.stdin(Stdio::null()).stdout(created(&stdout));
            command.stderr(created(&folder.join("log")));
            command.process_group(0).spawn().ok()
        });
        Some(Self::of(found(started, what)?, folder))
    }

    /// Opens no page, but takes commands: one that speaks the DevTools protocol over pipes.
    pub(crate) fn open_to_commands(
        folder: &Path,
        what: &str,
    ) -> Option<(Self, ChildStdin, ChildStdout)> {
        let is_there = |browser: &&str| Command::new(browser).arg("--version").output().is_ok();
        let browser = found(BROWSERS.into_iter().find(is_there), what)?;
        // It reads from descriptor 3, and writes to 4.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"]);
        command.arg(browser).args(arguments(folder));
        command.arg("--remote-debugging-pipe");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(created(&folder.join("log")));
        let mut child = command.process_group(0).spawn().expect("there is a shell");
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.expect("they are pipes");
        Some((Self::of(child, folder), stdin, stdout))
    }

    fn of(child: Child, folder: &Path) -> Self {
        let (stdout, stderr) = (folder.join("stdout"), folder.join("log"));
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        read(&self.stderr)
    }

    /// Waits until it ends by itself, and well: its stdout, and what it said.
    pub(crate) fn wait(mut self) -> (String, String) {
        let deadline = Instant::now() + PATIENCE;
        let mut status = None;
        while status.is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
            status = self.child.try_wait().expect("a child can be waited for");
        }
        let log = self.log();
        let ended = status.is_some_and(|status| status.success());
        assert!(ended, "the browser did not come to its end:\n{log}");
        (read(&self.stdout), log)
    }
}

/// What every browser is started with.
fn arguments(folder: &Path) -> Vec<String> {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        "--v=0",
    ];
    let fixed = fixed.map(str::to_owned);
    fixed.into_iter().chain([profile]).collect()
}

/// What was found of a browser. Without one it says that `what` is not tested.
fn found<T>(found: Option<T>, what: &str) -> Option<T> {
    if found.is_none() {
        assert!(
            std::env::var_os("ECO_ALL_TOOLS").is_none(),
            "no browser: none of {BROWSERS:?} is installed"
        );
        // Not through the macro, whose output the test runner keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED {what}: none of {BROWSERS:?} is installed"
        );
    }
    found
}

fn created(path: &Path) -> File {
    File::create(path).expect("a file can be made")
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // Of a browser that has ended in order there is nobody left to be found.
        let _ = kill_process_group(group.expect("a child has a number"), Signal::KILL);
        let _ = self.child.wait();
    }
}
