//! A real redis-server, for a test.

#![allow(
    dead_code,
    clippy::panic,
    reason = "each test takes what it needs, and one that fails panics"
)]

use eco_state::Location;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// It is there in a tenth of a second; nothing takes this long unless it is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that keeps nothing on disk. It ends with this.
pub(crate) struct RedisServer {
    process: Child,
    pub(crate) port: u16,
    arguments: Vec<String>,
    pub(crate) folder: tempfile::TempDir,
}

impl RedisServer {
    /// Starts one. `None` where there is none, which is said; where all tools must be there, that fails.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(|port, _| vec!["--port".to_owned(), port.to_string()])
    }

    /// Starts one with these arguments, for a port and a folder.
    pub(crate) fn start_with(arguments: impl FnOnce(u16, &Path) -> Vec<String>) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = arguments(port, folder.path());
        match spawn(&arguments, folder.path()) {
            Ok(process) => {
                let server = Self {
                    process,
                    port,
                    arguments,
                    folder,
                };
                server.wait();
                Some(server)
            }
            Err(error) => {
                assert!(
                    std::env::var_os("ECO_ALL_TOOLS").is_none(),
                    "redis-server: {error}"
                );
                eprintln!("SKIPPED: redis-server: {error}");
                None
            }
        }
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it has ended");
    }

    /// Starts it again, empty, where it was.
    pub(crate) fn start_again(&mut self) {
        self.process = spawn(&self.arguments, self.folder.path()).expect("it was here before");
        self.wait();
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn location(&self) -> Location {
        Location::Redis(self.url())
    }

    fn wait(&self) {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "redis-server does not listen");
            std::thread::yield_now();
        }
    }
}

/// The first line of what a Redis answers.
pub(crate) fn ask(port: u16, words: &[&str]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(command.as_bytes()).expect("it reads");
    let mut answer = String::new();
    let read = BufReader::new(stream).read_line(&mut answer);
    read.expect("it answers");
    answer.trim().to_owned()
}

fn spawn(arguments: &[String], folder: &Path) -> std::io::Result<Child> {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1"])
        .args(arguments)
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
