//! What is measured of every server, one after the other in each round.

use super::Bench;
use super::load::{self, Load};
use super::peers::{ANY, ECO, JAVASCRIPT, LUA, NATIVE, PYTHON, Peer};
use super::table::{Aim, Better, Measure, Row};
use anyhow::{Context as _, Result};
use eco_benches::process::Process;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

pub(crate) const CONNECTIONS: usize = 64;

fn measure(name: impl Into<String>, unit: &'static str, better: Better, aims: Aims) -> Measure {
    Measure {
        name: name.into(),
        unit,
        better,
        aims,
    }
}

type Aims = Vec<(&'static str, Aim)>;

fn aim(aim: Aim) -> Aims {
    vec![(ECO, aim)]
}

/// Of eco's echo, any compiled plugin, Lua, JavaScript and Python, in that order.
fn aims(all: [f64; 5], aim: fn(f64) -> Aim) -> Aims {
    let servers = [ECO, ANY, LUA, JAVASCRIPT, PYTHON];
    servers.into_iter().zip(all.map(aim)).collect()
}

/// Every measure that is wanted, each printed when it is done.
pub(crate) fn all(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (size, aims) in [
        (16, aims([1.03, 1.08, 1.20, 1.35, 4.5], Aim::Ratio)),
        (1024, aims([1.05, 1.10, 1.30, 1.40, 4.5], Aim::Ratio)),
        (16 * 1024, aims([1.03, 1.10, 1.35, 1.40, 5.0], Aim::Ratio)),
        (64 * 1024, aims([1.05, 1.12, 1.35, 1.40, 5.0], Aim::Ratio)),
    ] {
        round_trips(bench, size, aims, &mut rows)?;
    }
    for connections in [1000, 8000] {
        if !bench.quick {
            busy(bench, connections, &mut rows)?;
        }
    }
    p99_at_half_load(bench, &mut rows)?;
    streaming(bench, &mut rows)?;
    connecting(bench, &mut rows)?;
    for (connections, trips) in [(100, 1), (1000, 1), (5000, 1), (9000, 1), (5000, 0)] {
        if !bench.quick || connections <= 1000 {
            memory(bench, connections, trips, &mut rows)?;
        }
    }
    start(bench, &mut rows)?;
    size(bench, &mut rows)?;
    Ok(rows)
}

/// A server with its load, from one round to the next.
pub(crate) struct Running {
    process: Process,
    load: Load,
}

impl Running {
    /// Keeps it busy for one slice: the server's processor time, in µs, for each round trip, and how many
    /// there were.
    pub(crate) fn cpu_per_trip(&mut self, bench: &Bench) -> Result<(f64, u64)> {
        let mut trips = 0;
        let cpu = self.process.cpu_per_unit(|| {
            trips = bench.runtime.block_on(self.load.run(bench.slice))?;
            Ok(trips)
        })?;
        Ok((cpu, trips))
    }
}

pub(crate) fn running(
    bench: &Bench,
    peer: &Peer,
    connections: usize,
    size: usize,
) -> Result<Running> {
    let process = peer.start(connections)?;
    let load = bench
        .runtime
        .block_on(Load::open(process.address, connections, size))?;
    Ok(Running { process, load })
}

/// Processor time for each round trip, and how many there are in a second.
fn round_trips(bench: &Bench, size: usize, aims: Aims, rows: &mut Vec<Row>) -> Result<()> {
    let cpu = format!("server CPU per round trip of {size} B");
    let rate = format!("round trips of {size} B");
    if !bench.wants(&cpu) && !bench.wants(&rate) {
        return Ok(());
    }
    let rounds = bench.rounds_of(
        &bench.peers,
        bench.rounds,
        CONNECTIONS,
        |peer| running(bench, peer, CONNECTIONS, size),
        |running, _| {
            let started = Instant::now();
            let (cpu, trips) = running.cpu_per_trip(bench)?;
            Ok([cpu, trips as f64 / started.elapsed().as_secs_f64()])
        },
    )?;
    let [cpus, rates] = parts(rounds);
    bench.done(measure(cpu, "µs", Better::Lower, aims), cpus, rows);
    bench.done(
        measure(rate, "1/s", Better::Higher, Vec::new()),
        rates,
        rows,
    );
    Ok(())
}

type Rounds<F> = Vec<(&'static str, Vec<F>)>;

/// Two figures of each round, each by itself.
fn parts(rounds: Rounds<[f64; 2]>) -> [Rounds<f64>; 2] {
    [0, 1].map(|part| {
        let rounds = rounds.iter();
        let one = |(server, figures): &(&'static str, Vec<[f64; 2]>)| {
            (*server, figures.iter().map(|both| both[part]).collect())
        };
        rounds.map(one).collect()
    })
}

/// Processor time where so many connections take turns that their state is in no cache.
fn busy(bench: &Bench, connections: usize, rows: &mut Vec<Row>) -> Result<()> {
    let name = format!("server CPU per round trip of 16 B on {connections} connections");
    if !bench.wants(&name) {
        return Ok(());
    }
    // Long enough for each connection to have its turn some times.
    let slice = bench
        .slice
        .max(Duration::from_micros(connections as u64 * 40));
    let peers = bench.some(&[NATIVE, ECO, ANY]);
    let mut servers = Vec::new();
    let mut rounds: Rounds<f64> = Vec::new();
    for peer in peers {
        servers.push(peer.start(connections)?);
        rounds.push((peer.name, Vec::new()));
    }
    for round in 0..=bench.long_rounds {
        for (process, (_, figures)) in servers.iter().zip(&mut rounds) {
            // One server after the other: the descriptors of this process don't reach for more.
            let load = Load::open(process.address, connections, 16);
            let mut load = bench.runtime.block_on(load)?;
            let cpu = process.cpu_per_unit(|| bench.runtime.block_on(load.run(slice)))?;
            if round > 0 {
                figures.push(cpu);
            }
        }
    }
    let aims = vec![(ECO, Aim::Ratio(1.15)), (ANY, Aim::Ratio(1.35))];
    bench.done(measure(name, "µs", Better::Lower, aims), rounds, rows);
    Ok(())
}

/// Four connections that are never silent.
fn streaming(bench: &Bench, rows: &mut Vec<Row>) -> Result<()> {
    let name = "streaming, 64 KiB on 4 connections";
    let (connections, size) = (4, 64 * 1024);
    bench.row(
        bench.rounds,
        measure(name, "MiB/s", Better::Higher, aim(Aim::Ratio(0.98))),
        connections,
        |peer| peer.start(connections),
        |process, _| {
            // New ones each time, since Python's don't last.
            let load = Load::open(process.address, connections, size);
            let mut load = bench.runtime.block_on(load)?;
            let started = Instant::now();
            let trips = bench.runtime.block_on(load.run(bench.slice))?;
            let bytes = trips as f64 * size as f64;
            Ok(bytes / (1 << 20) as f64 / started.elapsed().as_secs_f64())
        },
        rows,
    )
}

/// One thread, so that the server has a processor for itself.
const HALF_LOAD: [&str; 4] = ["--size", "16", "--threads", "1"];

/// `eco load` in its open loop, at half of what the server takes of it in a closed one.
fn p99_at_half_load(bench: &Bench, rows: &mut Vec<Row>) -> Result<()> {
    bench.row(
        bench.long_rounds,
        measure(
            "p99 latency at half load, 16 B",
            "µs",
            Better::Lower,
            aim(Aim::Ratio(1.10)),
        ),
        CONNECTIONS,
        |peer| {
            let process = peer.start(CONNECTIONS)?;
            let full = eco_load(bench, &process, &HALF_LOAD, bench.long)?;
            let rate = number(&full, &["turns", "per_second"])? / 2.0;
            Ok((process, rate.max(1.0)))
        },
        |(process, rate), _| {
            let rate = rate.to_string();
            let arguments = [&HALF_LOAD[..], &["--rate", &rate]].concat();
            let report = eco_load(bench, process, &arguments, bench.long)?;
            number(&report, &["turn", "p99"])
        },
        rows,
    )
}

/// Runs `eco load`, and gives what it reports.
pub(crate) fn eco_load(
    bench: &Bench,
    process: &Process,
    arguments: &[&str],
    time: Duration,
) -> Result<serde_json::Value> {
    let mut command = Command::new(&bench.eco);
    command.args(["load", "--json", "--to", &process.address.to_string()]);
    command.args(["--duration", &format!("{}ms", time.as_millis())]);
    let done = command.args(arguments).output()?;
    let text = String::from_utf8_lossy(&done.stderr);
    // Some peers stall, which is for the figures to say.
    serde_json::from_slice(&done.stdout).with_context(|| format!("eco load says {text}"))
}

pub(crate) fn number(report: &serde_json::Value, path: &[&str]) -> Result<f64> {
    let found = path.iter().try_fold(report, |value, name| value.get(*name));
    found
        .and_then(serde_json::Value::as_f64)
        .with_context(|| format!("no number {path:?} in the report"))
}

fn connecting(bench: &Bench, rows: &mut Vec<Row>) -> Result<()> {
    let cpu = "server CPU of connect, one round trip, close";
    let rate = "connect, one round trip, close";
    if !bench.wants(cpu) && !bench.wants(rate) {
        return Ok(());
    }
    let rounds = bench.rounds_of(
        &bench.peers,
        bench.rounds,
        CONNECTIONS,
        |peer| peer.start(CONNECTIONS),
        |process, _| {
            let started = Instant::now();
            let mut done = 0;
            let cpu = process.cpu_per_unit(|| {
                let load = load::connections(process.address, CONNECTIONS, bench.slice, b"");
                done = bench.runtime.block_on(load)?;
                Ok(done)
            })?;
            Ok([cpu, done as f64 / started.elapsed().as_secs_f64()])
        },
    )?;
    let [cpus, rates] = parts(rounds);
    let aims = aims([1.05, 1.08, 1.5, 1.5, 15.0], Aim::Ratio);
    bench.done(measure(cpu, "µs", Better::Lower, aims), cpus, rows);
    let rate = measure(rate, "1/s", Better::Higher, aim(Aim::Ratio(0.95)));
    bench.done(rate, rates, rows);
    Ok(())
}

/// Anonymous memory of connections that said something `trips` times and are then silent.
fn memory(bench: &Bench, connections: usize, trips: usize, rows: &mut Vec<Row>) -> Result<()> {
    let (what, aims) = match trips {
        0 => ("that never spoke", aim(Aim::Above(0.0))),
        _ => (
            "that echoed",
            aims([13.0, 16.0, 48.0, 96.0, 700.0], Aim::Most),
        ),
    };
    bench.few(
        measure(
            format!("anonymous memory of an idle connection {what}, {connections} of them"),
            "KiB",
            Better::Lower,
            aims,
        ),
        connections,
        |peer, _| {
            let process = peer.start(connections + 2)?;
            // What the first connection has the system load of the program is not the connection's.
            let first = open_idle(process.address, 1, 1);
            drop(bench.runtime.block_on(first)?);
            let before = process.anonymous()?;
            let _open = bench
                .runtime
                .block_on(open_idle(process.address, connections, trips))?;
            // Connections that say nothing show up in the server only when it has got round to them.
            std::thread::sleep(Duration::from_millis(500));
            Ok((process.anonymous()? - before) / connections as f64)
        },
        rows,
    )
}

async fn open_idle(
    address: std::net::SocketAddr,
    connections: usize,
    trips: usize,
) -> Result<Vec<TcpStream>> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        let mut stream = load::connect(address).await?;
        for _ in 0..trips {
            load::round_trip(&mut stream, b"0123456789abcdef", &mut [0; 16]).await?;
        }
        open.push(stream);
    }
    Ok(open)
}

/// From the start of the process to the first reply.
fn start(bench: &Bench, rows: &mut Vec<Row>) -> Result<()> {
    bench.few(
        measure(
            "start to first echo",
            "ms",
            Better::Lower,
            aims([15.0, 15.0, 20.0, 25.0, 150.0], Aim::Most),
        ),
        1,
        |peer, _| {
            let started = Instant::now();
            let process = peer.start(1)?;
            bench.runtime.block_on(open_idle(process.address, 1, 1))?;
            Ok(started.elapsed().as_secs_f64() * 1e3)
        },
        rows,
    )
}

fn size(bench: &Bench, rows: &mut Vec<Row>) -> Result<()> {
    let measure = measure("size of the program", "MiB", Better::Lower, Vec::new());
    if !bench.wants(&measure.name) {
        return Ok(());
    }
    let mut sizes = Vec::new();
    for peer in &bench.peers {
        if let Some(program) = &peer.program {
            let bytes = std::fs::metadata(program)?.len();
            sizes.push((peer.name, vec![bytes as f64 / (1 << 20) as f64]));
        }
    }
    bench.done(measure, sizes, rows);
    Ok(())
}
