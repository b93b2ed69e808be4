//! A server under measurement, and what the system says of its processes.

use anyhow::{Context as _, Result, bail};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that is not there by then doesn't start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. Dropping it kills it, and what it has started.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts it on a free port, which `command` is given, and waits until it accepts.
    pub fn start(command: impl FnOnce(u16) -> Command) -> Result<Self> {
        // Nobody else takes ports here, so that this one is still free when the server asks for it.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = command(port);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group, with which its children are killed.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let mut process = Self { child, address };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = process.child.try_wait()? {
                bail!("{command:?} ended with {status}");
            }
            if started.elapsed() > PATIENCE {
                bail!("{command:?} doesn't listen");
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(process)
    }

    /// Processor time of all its processes, in all their threads, their own and the kernel's on their
    /// behalf. In nanoseconds for those that live, in hundredths of a second for children that ended.
    pub fn cpu(&self) -> Result<Duration> {
        let mut all = Duration::ZERO;
        for pid in self.processes()? {
            // One that has just ended is counted with its parent.
            if let Ok(clock) = clock_getcpuclockid(Pid::from_raw(pid))
                && let Ok(time) = clock_gettime(clock)
            {
                all += Duration::from(time);
            }
        }
        Ok(all + self.cpu_of_ended_children()?)
    }

    fn cpu_of_ended_children(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in parentheses, may contain anything; the fields behind it are numbers.
        let (_, fields) = stat.rsplit_once(") ").context("stat has a name")?;
        let mut times = fields.split(' ').skip(13).map(str::parse::<u64>);
        let (user, system) = (
            times.next().context("cutime")??,
            times.next().context("cstime")??,
        );
        Ok(Duration::from_millis((user + system) * 10))
    }

    /// Its processor time, in µs, for each unit of the work that `load` makes it do and counts.
    pub fn cpu_per_unit(&self, load: impl FnOnce() -> Result<u64>) -> Result<f64> {
        let before = self.cpu()?;
        let units = load()?;
        Ok(self.cpu()?.saturating_sub(before).as_secs_f64() * 1e6 / units as f64)
    }

    /// Resident memory of all its processes, in KiB.
    pub fn resident(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    /// The part of it that is nobody else's and in no file: code and data that many connections map
    /// is not counted for each of them.
    pub fn anonymous(&self) -> Result<f64> {
        self.memory("RssAnon:")
    }

    /// The most that each of its processes ever had, in KiB.
    pub fn most_resident(&self) -> Result<f64> {
        self.memory("VmHWM:")
    }

    /// From now on [`Self::most_resident`] is counted anew (proc_pid_clear_refs(5)).
    pub fn forget_most_resident(&self) -> Result<()> {
        for pid in self.processes()? {
            // One that has just ended has nothing to forget.
            let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
        Ok(())
    }

    /// Has it load its plugin again.
    pub fn reload(&self) -> Result<()> {
        let own = Pid::from_raw(i32::try_from(self.child.id())?);
        Ok(nix::sys::signal::kill(own, nix::sys::signal::SIGHUP)?)
    }

    /// The sum of one line of each process's status (proc_pid_status(5)).
    fn memory(&self, field: &str) -> Result<f64> {
        let mut all = 0.0;
        for pid in self.processes()? {
            let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else {
                continue;
            };
            let line = status.lines().find(|line| line.starts_with(field));
            let kib = line.and_then(|line| line.split_whitespace().nth(1));
            all += kib.map_or(Ok(0.0), str::parse)?;
        }
        Ok(all)
    }

    /// It, its children, and theirs.
    fn processes(&self) -> Result<Vec<i32>> {
        let mut all = vec![i32::try_from(self.child.id())?];
        let mut looked_at = 0;
        while let Some(&pid) = all.get(looked_at) {
            // Any of its threads may have started one. One that has just ended has none.
            let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let children = std::fs::read_to_string(thread.path().join("children"));
                for child in children.unwrap_or_default().split_whitespace() {
                    all.push(child.parse()?);
                }
            }
            looked_at += 1;
        }
        Ok(all)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            let _ = nix::sys::signal::killpg(Pid::from_raw(group), nix::sys::signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}
