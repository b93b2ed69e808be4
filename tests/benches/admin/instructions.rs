//! What `--admin` costs a server that echoes, in instructions of the thread that serves. They are counted one by one, so that
//! nothing else on the machine changes them. The kernel's are not among them.

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const MESSAGE: &[u8; 16] = b"0123456789abcdef";
/// Round trips before any is counted.
const WARM_UP: usize = 3000;
/// Who looks at the page asks as often.
const LOOK: Duration = Duration::from_millis(500);
/// The most that `--admin` should cost, with a page that follows a busy connection, in %.
const AIM: f64 = 2.0;

/// What the server has beside its connection.
#[derive(Clone, Copy, PartialEq)]
enum Watched {
    Not,
    Counted,
    /// A page looks, and has the beginning of the connection.
    LookedAt,
    /// A page follows the connection, and gets each chunk.
    Followed,
}

const STATES: [(&str, Watched); 4] = [
    ("no `--admin`", Watched::Not),
    ("`--admin`, asked for `/metrics`", Watched::Counted),
    ("a page looks; chunks are left out", Watched::LookedAt),
    ("a page follows; each chunk is kept", Watched::Followed),
];

/// The table, each row of so many round trips.
pub(super) fn table(trips: usize) -> Result<String> {
    let mut table = format!(
        "## Instructions\n\n\
        Of the thread that serves, outside of the kernel, for a round trip of {} B: the mean of {trips}. Who follows a connection\n\
        gets 500 events each 200 ms at most: of a busy one nearly all chunks are left out.\n\n\
        | | instructions | more | aim |\n|---|---|---|---|\n",
        MESSAGE.len(),
    );
    let mut base = None;
    for (name, watched) in STATES {
        let taken = measure(watched, trips).context(name)?;
        let more = 100.0 * (taken / *base.get_or_insert(taken) - 1.0);
        let aim = match watched {
            Watched::LookedAt if more <= AIM => format!("{AIM} %: met"),
            Watched::LookedAt => format!("{AIM} %: missed"),
            _ => String::new(),
        };
        writeln!(table, "| {name} | {taken:.0} | {more:+.1} % | {aim} |")?;
    }
    Ok(table)
}

fn measure(watched: Watched, trips: usize) -> Result<f64> {
    let server = Server::start(watched)?;
    let mut connection = TcpStream::connect(server.address)?;
    connection.set_nodelay(true)?;
    let goes_on = AtomicBool::new(true);
    thread::scope(|scope| {
        let looks = scope.spawn(|| server.look(watched, &goes_on));
        let counted = (|| {
            echo(&mut connection, WARM_UP)?;
            // Whoever looks has looked by now.
            thread::sleep(2 * LOOK);
            echo(&mut connection, WARM_UP)?;
            let thread = server.busiest(|| echo(&mut connection, WARM_UP))?;
            count(thread, || echo(&mut connection, trips))
        })();
        goes_on.store(false, Ordering::Relaxed);
        let looked = looks
            .join()
            .map_err(|_| anyhow::anyhow!("who looks has panicked"))?;
        let counted = counted?;
        looked?;
        Ok(counted as f64 / trips as f64)
    })
}

/// Counts the instructions of this thread while the work is done. It is done once more, so that the thread comes back from the
/// kernel and can be left alone.
fn count(thread: Pid, mut work: impl FnMut() -> Result<()> + Send) -> Result<u64> {
    ptrace::attach(thread).context("cannot trace the server")?;
    waitpid(thread, Some(WaitPidFlag::__WALL))?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let working = scope.spawn(|| {
            let worked = work();
            done.store(true, Ordering::Release);
            worked.and_then(|()| work())
        });
        let (mut steps, mut signal) = (0, None);
        while !done.load(Ordering::Acquire) {
            ptrace::step(thread, signal)?;
            signal = match waitpid(thread, Some(WaitPidFlag::__WALL))? {
                WaitStatus::Stopped(_, Signal::SIGTRAP | Signal::SIGSTOP) => None,
                WaitStatus::Stopped(_, signal) => Some(signal),
                status => bail!("the server has ended: {status:?}"),
            };
            steps += 1;
        }
        ptrace::detach(thread, signal)?;
        working
            .join()
            .map_err(|_| anyhow::anyhow!("the load has panicked"))??;
        Ok(steps)
    })
}

fn echo(connection: &mut TcpStream, trips: usize) -> Result<()> {
    for _ in 0..trips {
        connection.write_all(MESSAGE)?;
        let mut reply = [0; MESSAGE.len()];
        connection.read_exact(&mut reply)?;
        ensure!(reply == *MESSAGE, "no echo");
    }
    Ok(())
}

/// A server on one processor, so that one thread serves.
struct Server {
    child: Child,
    address: SocketAddr,
    /// Where `--admin` is, and its token.
    admin: Option<(SocketAddr, String)>,
}

impl Server {
    fn start(watched: Watched) -> Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(eco_benches::eco()?);
        command.args(["serve", "-q", "--listen", "127.0.0.1:0"]);
        if watched != Watched::Not {
            command.args(["--admin", "127.0.0.1:0"]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("it has an output")?;
        let mut server = Self {
            child,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            admin: None,
        };
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(page) = line.strip_prefix("admin on http://") {
                let (address, token) = page.split_once("/#token=").context("it has a token")?;
                server.admin = Some((address.parse()?, token.to_owned()));
            } else if let Some(on) = line.strip_prefix("listening on ") {
                server.address = on.split(' ').next().unwrap_or_default().parse()?;
            }
            let is_there = server.address.port() > 0;
            if is_there && (watched == Watched::Not || server.admin.is_some()) {
                return Ok(server);
            }
        }
        bail!("the server does not listen")
    }

    /// Looks at its page until nobody wants that any more.
    fn look(&self, watched: Watched, goes_on: &AtomicBool) -> Result<()> {
        let mut from = 0;
        while goes_on.load(Ordering::Relaxed) {
            match watched {
                Watched::Not => return Ok(()),
                Watched::Counted => drop(self.ask("/metrics")?),
                Watched::LookedAt => drop(self.ask("/connections.json")?),
                Watched::Followed => {
                    self.ask("/connections.json")?;
                    let events = self.ask(&format!("/events.json?id=1&from={from}"))?;
                    let events: Value = serde_json::from_str(&events)?;
                    from = events["next"].as_u64().context("a place to go on from")?;
                    continue;
                }
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    fn ask(&self, path: &str) -> Result<String> {
        let (address, token) = self.admin.as_ref().context("it has a page")?;
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").context("it has a body")?;
        Ok(body.to_owned())
    }

    /// The thread that runs most while the work is done.
    fn busiest(&self, work: impl FnOnce() -> Result<()>) -> Result<Pid> {
        let ran = |thread: &i32| -> Result<u64> {
            let path = format!("/proc/{}/task/{thread}/schedstat", self.child.id());
            let text = std::fs::read_to_string(path)?;
            Ok(text.split(' ').next().unwrap_or_default().parse()?)
        };
        let mut before = Vec::new();
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let thread = thread?.file_name().to_string_lossy().parse()?;
            before.push((thread, ran(&thread)?));
        }
        work()?;
        let after = before.iter().map(|(thread, before)| {
            let more = ran(thread).map_or(0, |now| now - before);
            (more, *thread)
        });
        let (_, thread) = after.max().context("it has threads")?;
        Ok(Pid::from_raw(thread))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
