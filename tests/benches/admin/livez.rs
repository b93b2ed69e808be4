//! How fast `/livez` answers while plugins, and others, take all processors: an orchestrator kills what doesn't answer in time.

use anyhow::{Context as _, Result, ensure};
use eco_benches::process::Process;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A plugin that never returns.
const LOOPS: &str = "function receive() while true do end end";
/// Connections that loop, for each processor.
const LOOPING: usize = 4;
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(10);
/// The time in which `/livez` should answer, in ms, at p99.
const AIM: f64 = 50.0;

/// A state of the machine.
struct State {
    /// What the server has to do.
    does: &'static str,
    flags: &'static [&'static str],
    /// Connections whose calls loop, for each processor.
    looping: usize,
    /// Other threads that loop, for each processor. eco keeps one processor free of calls that loop.
    others: usize,
}

const FOR_MINUTES: &[&str] = &["--cpu", "10m", "--deadline", "10m"];

const STATES: [State; 4] = [
    State {
        does: "nothing",
        flags: &[],
        looping: 0,
        others: 0,
    },
    State {
        does: "calls that loop for minutes",
        flags: FOR_MINUTES,
        looping: LOOPING,
        others: 0,
    },
    State {
        does: "calls that loop for 50 ms, and are cut off, on connections that come anew",
        flags: &["--cpu", "50ms"],
        looping: LOOPING,
        others: 0,
    },
    State {
        does: "calls that loop for minutes, beside another program that loops on all processors",
        flags: FOR_MINUTES,
        looping: LOOPING,
        others: 1,
    },
];

/// The table, each row of so many requests.
pub(super) fn table(requests: usize) -> Result<String> {
    let processors = thread::available_parallelism()?.get();
    let mut table = format!(
        "## `/livez` under load\n\n\
        Each row is of {requests} requests, one every {} ms, each on a connection of its own: from connecting to the end of the answer. The\n\
        client shares the machine. {LOOPING} connections for each processor keep the plugin at it.\n\n\
        | what the server does | its processors | median, ms | p99, ms | longest, ms | aim at p99 |\n|---|---|---|---|---|---|\n",
        PAUSE.as_millis(),
    );
    for state in STATES {
        let Measured { busy, times } = measure(&state, processors, requests)?;
        let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).max(1) - 1);
        let [median, late, longest] =
            [at(50), at(99), at(100)].map(|time| time.map_or(0.0, milliseconds));
        let verdict = if late <= AIM { "met" } else { "missed" };
        writeln!(
            table,
            "| {} | {:.0} % | {median:.2} | {late:.2} | {longest:.2} | {AIM} ms: {verdict} |",
            state.does,
            100.0 * busy / processors as f64,
        )?;
    }
    Ok(table)
}

/// What was measured in one state.
struct Measured {
    /// Processors that the server took.
    busy: f64,
    /// The time of each request, the shortest first.
    times: Vec<Duration>,
}

fn measure(state: &State, processors: usize, requests: usize) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let plugin = folder.path().join("loops.lua");
    std::fs::write(&plugin, LOOPS)?;
    let admin = super::free_address()?;
    let eco = eco_benches::eco()?;
    let server = Process::start(|port| {
        let mut command = Command::new(&eco);
        command.args(["serve", "-qq", "--listen", &format!("127.0.0.1:{port}")]);
        command
            .args(["--admin", &admin.to_string()])
            .args(state.flags);
        command.arg("--plugin").arg(&plugin);
        command
    })?;
    let goes_on = Arc::new(AtomicBool::new(true));
    let began = Arc::new(AtomicU64::new(0));
    let looping = state.looping * processors;
    let others = (0..state.others * processors).map(|_| {
        let goes_on = goes_on.clone();
        thread::spawn(move || {
            while goes_on.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        })
    });
    let others: Vec<_> = others.collect();
    let clients: Vec<_> = (0..looping)
        .map(|_| {
            let (address, goes_on, began) = (server.address, goes_on.clone(), began.clone());
            thread::spawn(move || keep_busy(address, &goes_on, &began))
        })
        .collect();
    while began.load(Ordering::Relaxed) < looping as u64 {
        thread::sleep(PAUSE);
    }
    // All of them are at it, and the interpreter is compiled.
    thread::sleep(Duration::from_secs(2));
    let (before, at) = (server.cpu()?, Instant::now());
    let mut times = Vec::new();
    for _ in 0..requests {
        times.push(ask(admin)?);
        thread::sleep(PAUSE);
    }
    let busy = (server.cpu()? - before).as_secs_f64() / at.elapsed().as_secs_f64();
    goes_on.store(false, Ordering::Relaxed);
    drop(server);
    for thread in clients.into_iter().chain(others) {
        ensure!(thread.join().is_ok(), "a thread has panicked");
    }
    times.sort();
    Ok(Measured { busy, times })
}

/// Has the plugin loop, again and again where it is cut off.
fn keep_busy(address: SocketAddr, goes_on: &AtomicBool, began: &AtomicU64) {
    while goes_on.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(address) else {
            return;
        };
        began.fetch_add(1, Ordering::Relaxed);
        let _ = stream.write_all(b"x").and_then(|()| stream.read(&mut [0]));
    }
}

/// The time of one request.
fn ask(admin: SocketAddr) -> Result<Duration> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(admin).context("it listens")?;
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200 "), "it is alive: {answer}");
    Ok(began.elapsed())
}

fn milliseconds(time: &Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
