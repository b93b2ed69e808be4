//! A server under measurement, and what the system says of its process.

use anyhow::{Context as _, Result};
use harness::{Eco, Server};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `USER_HZ`, in which /proc counts processor time. It is 100 on every Linux of today.
const TICKS_PER_SECOND: u64 = 100;

pub(crate) enum Process {
    Eco(Server),
    Native {
        child: Child,
        address: SocketAddr,
        listening_after: Duration,
    },
}

impl Process {
    /// eco with its defaults, but room for all connections, and its log where nobody waits for it.
    pub(crate) fn eco() -> Result<Self> {
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--max-connections",
            "10000",
            "-q",
        ];
        Ok(Self::Eco(Eco::new(&arguments).serve()))
    }

    pub(crate) fn native() -> Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--native-echo")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("stdout is a pipe")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .context("it listens")?;
        Ok(Self::Native {
            address: address.parse()?,
            listening_after: started.elapsed(),
            child,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Eco(server) => server.address,
            Self::Native { address, .. } => *address,
        }
    }

    pub(crate) fn listening_after(&self) -> Duration {
        match self {
            Self::Eco(server) => server.listening_after,
            Self::Native {
                listening_after, ..
            } => *listening_after,
        }
    }

    fn pid(&self) -> u32 {
        match self {
            Self::Eco(server) => server.pid(),
            Self::Native { child, .. } => child.id(),
        }
    }

    /// Its processor time, in µs, for each unit of the work that `load` makes it do and counts.
    pub(crate) fn cpu_per_unit(&self, load: impl FnOnce() -> Result<u64>) -> Result<f64> {
        let before = self.cpu()?;
        let units = load()?;
        Ok((self.cpu()? - before).as_secs_f64() * 1e6 / units as f64)
    }

    /// Processor time of all its threads, its own and the kernel's on its behalf.
    fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // The name, in parentheses, may contain anything; the fields behind it are numbers.
        let (_, fields) = stat.rsplit_once(") ").context("stat has a name")?;
        let mut times = fields.split(' ').skip(11).map(str::parse::<u64>);
        let (user, system) = (
            times.next().context("utime")??,
            times.next().context("stime")??,
        );
        Ok(Duration::from_millis(
            (user + system) * 1000 / TICKS_PER_SECOND,
        ))
    }

    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .context("VmRSS")?;
        let kib: u64 = line
            .split_whitespace()
            .nth(1)
            .context("a number")?
            .parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Self::Native { child, .. } = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
