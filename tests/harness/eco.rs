//! The real binary as a child process.

use super::log::Log;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// After this long a test gives up waiting. Nothing that works takes a tenth of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The path of `eco`, which cargo has built for these tests.
pub(crate) fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_eco"))
}

/// A command line of `eco`, built up and then run.
pub(crate) struct Eco {
    command: Command,
    stderr: Option<Stdio>,
    patience: Duration,
}

/// How a run of `eco` ended.
#[derive(Debug)]
pub(crate) struct Exited {
    /// The exit code; 128 and more for a signal.
    pub(crate) code: i32,
    /// Everything on stdout.
    pub(crate) stdout: Vec<u8>,
    /// Everything on stderr.
    pub(crate) stderr: String,
}

impl Exited {
    /// Everything on stdout, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

impl Eco {
    /// `eco` with these arguments, without colours.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        warm_up();
        let mut command = Command::new(binary());
        command.args(arguments).env("NO_COLOR", "1");
        Self {
            command,
            stderr: None,
            patience: PATIENCE,
        }
    }

    /// In this folder.
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// With this in its environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Waits longer for its end, for instance for a compiler's.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// `eco` with so few descriptors.
    #[cfg(unix)]
    pub(crate) fn with_descriptors(limit: usize, arguments: &[&str]) -> Self {
        Self::after(&format!("ulimit -n {limit}"), arguments)
    }

    /// `eco`, which can write no file that is longer than so many blocks.
    #[cfg(unix)]
    pub(crate) fn with_file_size(blocks: usize, arguments: &[&str]) -> Self {
        Self::after(&format!("ulimit -f {blocks}"), arguments)
    }

    /// `eco` with so much memory for data, in KiB.
    #[cfg(unix)]
    pub(crate) fn with_data(kib: usize, arguments: &[&str]) -> Self {
        Self::after(&format!("ulimit -d {kib}"), arguments)
    }

    /// `eco` with so much address space, in KiB.
    #[cfg(unix)]
    pub(crate) fn with_address_space(kib: usize, arguments: &[&str]) -> Self {
        Self::after(&format!("ulimit -v {kib}"), arguments)
    }

    /// `eco`, whose files lack these rights.
    #[cfg(unix)]
    pub(crate) fn with_mask(mask: &str, arguments: &[&str]) -> Self {
        Self::after(&format!("umask {mask}"), arguments)
    }

    /// `eco`, whose stdin is this file.
    #[cfg(unix)]
    pub(crate) fn with_stdin(path: &str, arguments: &[&str]) -> Self {
        Self::after(&format!("exec < '{path}'"), arguments)
    }

    /// `eco`, started by a shell after this.
    #[cfg(unix)]
    fn after(commands: &str, arguments: &[&str]) -> Self {
        warm_up();
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{commands}; exec \"$0\" \"$@\""))
            .arg(binary())
            .args(arguments)
            .env("NO_COLOR", "1");
        Self {
            command,
            stderr: None,
            patience: PATIENCE,
        }
    }

    /// Its stderr is this, for instance a terminal.
    pub(crate) fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.stderr = Some(stderr.into());
        self
    }

    /// More arguments.
    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// One more argument, which may be no text.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Runs it to its end, with `input` on stdin.
    pub(crate) fn run(mut self, input: &[u8]) -> Exited {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(self.stderr.take().unwrap_or_else(Stdio::piped));
        let mut child = self.command.spawn().expect("eco starts");
        // The command holds the other end of what it was given.
        drop(self.command);
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let input = input.to_vec();
        // A program that doesn't read its stdin closes it, which is no error here.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = gather(child.stdout.take());
        let stderr = gather(child.stderr.take());
        let stdout = stdout.recv_timeout(self.patience);
        if stdout.is_err() {
            // It hangs, or serves where it should have refused to.
            let _ = child.kill();
        }
        let status = child.wait().expect("eco ends");
        let stderr = stderr.recv().unwrap_or_default();
        Exited {
            code: code(status),
            stdout: stdout.expect("eco ends by itself"),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// Starts it, and follows what it says on stdout.
    pub(crate) fn follow(mut self) -> Following {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = self.command.spawn().expect("eco starts");
        let stdout = Log::follow(child.stdout.take());
        Following { child, stdout }
    }

    /// Starts it as a server and waits until it listens.
    pub(crate) fn serve(mut self) -> Server {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.stderr.take().unwrap_or_else(Stdio::piped));
        let mut child = self.command.spawn().expect("eco starts");
        drop(self.command);
        let log = Log::follow(child.stderr.take());
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("stdout can be read");
        let address = line
            .strip_prefix("listening on ")
            .and_then(|rest| rest.split(' ').next())
            .and_then(|address| address.parse().ok());
        Server {
            address: address.unwrap_or_else(|| no_server(&line, &log)),
            child,
            stdout,
            log,
        }
    }
}

/// Compiles the interpreters, once before all tests: for what counts work, and for what doesn't. On a slow machine
/// that takes longer than a test has patience for. Python may not be set up, which its tests say.
fn warm_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        for end in ["js", "lua", "py"] {
            let (server, client) = match end {
                "py" => ("def receive(chunk): pass", "def start(message): return {}"),
                "lua" => ("function receive() end", "function start() return {} end"),
                _ => ("function receive() {}", "function start() { return {} }"),
            };
            let file = |name: &str, text: &str| {
                let path = folder.join(format!("warm-up-{name}.{end}"));
                std::fs::write(&path, text).expect("the file can be written");
                path
            };
            let (server, client) = (file("server", server), file("client", client));
            for (command, path) in [("check", server), ("send", client)] {
                let mut eco = Command::new(binary());
                match command {
                    "check" => eco.args(["check", "echo"]).arg(path),
                    // Nobody is there; the plugin is loaded before that is found out.
                    _ => eco.args(["send", "--to", "127.0.0.1:1", "-p"]).arg(path),
                };
                let ended = eco.stdin(Stdio::null()).output();
                ended.expect("eco starts");
            }
        }
    });
}

/// A command that goes on until it is dropped, which kills it.
pub(crate) struct Following {
    child: Child,
    stdout: Log,
}

impl Following {
    /// Waits for a line of its stdout that contains this.
    #[track_caller]
    pub(crate) fn said(&self, words: &str) {
        self.stdout.line_with(&[words]);
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn no_server(line: &str, log: &Log) -> ! {
    // Stderr ends with the process, which is about to.
    while log.next_line().is_some() {}
    panic!(
        "no server: stdout says {line:?}, stderr says:\n{}",
        log.text()
    );
}

/// A running `eco serve`. Dropping it kills it.
pub(crate) struct Server {
    /// Where it listens, or the first of them.
    pub(crate) address: SocketAddr,
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: Log,
}

impl Server {
    /// Its process number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line of its stdout.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout
            .read_line(&mut line)
            .expect("stdout can be read");
        line.trim_end().to_owned()
    }

    /// Waits for a line of its log that contains all of these, and gives it back.
    #[track_caller]
    pub(crate) fn logged(&self, words: &[&str]) -> String {
        self.log.line_with(words)
    }

    /// The log up to now.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.pid())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a child has a number"), signal).expect("it runs");
    }

    /// Whether it is still running.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end. The code is 128 and more for a signal.
    pub(crate) fn wait(mut self) -> Exited {
        let status = self.child.wait().expect("eco ends");
        let mut stdout = Vec::new();
        self.stdout
            .read_to_end(&mut stdout)
            .expect("stdout can be read");
        while self.log.next_line().is_some() {}
        Exited {
            code: code(status),
            stdout,
            stderr: self.log.text(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe to its end in a thread of its own. Without a pipe there is nothing to read.
fn gather(pipe: Option<impl std::io::Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (tell, all) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = tell.send(bytes);
    });
    all
}

fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return 128 + signal;
        }
    }
    status.code().unwrap_or(-1)
}
