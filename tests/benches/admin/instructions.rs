//! What `--admin` costs a server that echoes, in instructions of the thread that serves. They are counted one by one, so that
//! nothing else on the machine changes them. The kernel's are not among them: its share is taken from processor time.

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
use std::time::{Duration, Instant};

const MESSAGE: &[u8; 16] = b"0123456789abcdef";
/// Round trips before any is counted.
const WARM_UP: usize = 3000;
/// Who looks at the page asks as often.
const LOOK: Duration = Duration::from_millis(500);
/// The most that `--admin` should cost with metrics that are asked for and a page that follows a busy connection, in %.
const AIM: f64 = 2.0;

/// Round trips whose events a page that follows gets in a second at most: 500 events each 200 ms, and three for each.
const KEPT: f64 = 500.0 * 5.0 / 3.0;

/// What the server has beside its connection.
#[derive(Clone, Copy, PartialEq)]
enum Watched {
    Not,
    /// Its metrics are asked for.
    Counted,
    /// A page follows the connection, which is faster than the page: what happens on it is left out.
    LeftOut,
    /// A page follows the connection, and gets all of it.
    Kept,
}

/// The table, each row of so many round trips.
pub(super) fn table(trips: usize) -> Result<String> {
    let [not, counted, left_out, kept] = [
        Watched::Not,
        Watched::Counted,
        Watched::LeftOut,
        Watched::Kept,
    ]
    .map(|watched| measure(watched, trips));
    let (not, left_out, kept) = (not?, left_out?, kept?);
    let (base, own) = (not.instructions, not.own);
    let share = (KEPT / left_out.rate).min(1.0);
    let busy = left_out.instructions + share * (kept.instructions - left_out.instructions);
    let rows = [
        ("no `--admin`".to_owned(), base, false),
        (
            "`--admin`, asked for `/metrics`".to_owned(),
            counted?.instructions,
            false,
        ),
        (
            "a page follows too; a round trip is left out".to_owned(),
            left_out.instructions,
            false,
        ),
        (
            "a page follows too; a round trip is kept".to_owned(),
            kept.instructions,
            false,
        ),
        (
            format!(
                "a page follows too; at the {:.0} a second that there were without counting, of which {KEPT:.0} are kept",
                left_out.rate
            ),
            busy,
            true,
        ),
    ];
    let mut table = format!(
        "## Instructions\n\n\
        Of the thread that serves, outside of the kernel, for a round trip of {} B: the mean of {trips}. Of its processor time {:.0} % is\n\
        spent there, and the rest in the kernel, to which `--admin` adds nothing: so the last column but one has that share of the\n\
        one before it. Answers to whoever asks are made in another thread.\n\n\
        | | instructions | more | of all | aim |\n|---|---|---|---|---|\n",
        MESSAGE.len(),
        100.0 * own,
    );
    for (name, taken, has_aim) in rows {
        let more = 100.0 * (taken / base - 1.0);
        let of_all = own * more;
        let aim = match (has_aim, of_all <= AIM) {
            (false, _) => String::new(),
            (true, true) => format!("{AIM} %: met"),
            (true, false) => format!("{AIM} %: missed"),
        };
        writeln!(
            table,
            "| {name} | {taken:.0} | {more:+.1} % | {of_all:+.1} % | {aim} |"
        )?;
    }
    Ok(table)
}

/// The instructions of a round trip; how many there are in a second while nobody counts; and the share of the thread's
/// processor time that it spends outside of the kernel.
struct Measured {
    instructions: f64,
    rate: f64,
    own: f64,
}

fn measure(watched: Watched, trips: usize) -> Result<Measured> {
    let server = Server::start(watched)?;
    let mut connection = TcpStream::connect(server.address)?;
    connection.set_nodelay(true)?;
    // From here on the server knows the connection, which is looked at.
    echo(&mut connection, 1)?;
    let goes_on = AtomicBool::new(true);
    thread::scope(|scope| {
        let looks = scope.spawn(|| server.look(watched, &goes_on));
        let counted = (|| {
            echo(&mut connection, WARM_UP)?;
            // Whoever looks has looked by now.
            thread::sleep(2 * LOOK);
            let began = Instant::now();
            echo(&mut connection, WARM_UP)?;
            let rate = WARM_UP as f64 / began.elapsed().as_secs_f64();
            let thread = server.busiest(|| echo(&mut connection, WARM_UP))?;
            let before = server.ticks(thread)?;
            echo(&mut connection, 100 * trips)?;
            let after = server.ticks(thread)?;
            let [own, kernel] = [0, 1].map(|place| (after[place] - before[place]) as f64);
            let own = own / (own + kernel).max(1.0);
            anyhow::Ok((count(thread, || echo(&mut connection, trips))?, rate, own))
        })();
        goes_on.store(false, Ordering::Relaxed);
        let looked = looks
            .join()
            .map_err(|_| anyhow::anyhow!("who looks has panicked"))?;
        let (counted, rate, own) = counted?;
        looked?;
        Ok(Measured {
            instructions: counted as f64 / trips as f64,
            rate,
            own,
        })
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
        if watched == Watched::Not {
            return Ok(());
        }
        let (mut from, mut follows) = (0, watched != Watched::Counted);
        while goes_on.load(Ordering::Relaxed) {
            self.ask("/metrics")?;
            if watched != Watched::Counted {
                self.ask("/connections.json")?;
            }
            if follows {
                let events = self.ask(&format!("/events.json?id=1&from={from}"))?;
                let events: Value = serde_json::from_str(&events)?;
                from = events["next"].as_u64().context("a place to go on from")?;
                // It is given the first ones, and those after them only if it asks again.
                follows = watched == Watched::Kept;
            } else {
                thread::sleep(LOOK);
            }
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

    /// Processor time of the thread so far, outside of the kernel and within (proc_pid_stat(5)).
    fn ticks(&self, thread: Pid) -> Result<[u64; 2]> {
        let path = format!("/proc/{}/task/{thread}/stat", self.child.id());
        let stat = std::fs::read_to_string(path)?;
        // The name, in parentheses, may have spaces.
        let (_, fields) = stat.rsplit_once(") ").context("it has a name")?;
        let mut times = fields.split(' ').skip(11).map(str::parse);
        let own = times.next().context("utime")??;
        Ok([own, times.next().context("stime")??])
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
