//! What is measured of every server, one after the other in each round.

use super::Bench;
use super::load::{self, Load};
use super::peers::Peer;
use super::process::Process;
use super::table::{Aim, Better, Measure, Row, median};
use anyhow::{Context as _, Result};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

pub(crate) const CONNECTIONS: usize = 64;

fn measure(name: impl Into<String>, unit: &'static str, better: Better, aim: Aim) -> Measure {
    Measure {
        name: name.into(),
        unit,
        better,
        aim,
    }
}

/// Every measure that is wanted, each printed when it is done.
pub(crate) fn all(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (size, aim) in [
        (16, Aim::Ratio(1.05)),
        (1024, Aim::Ratio(1.05)),
        (16 * 1024, Aim::Ratio(1.10)),
        (64 * 1024, Aim::None),
    ] {
        round_trips(bench, size, aim, &mut rows)?;
    }
    p99_at_half_load(bench, &mut rows)?;
    streaming(bench, &mut rows)?;
    connecting(bench, &mut rows)?;
    for (connections, trips) in [(1000, 1), (5000, 1), (9000, 1), (5000, 0)] {
        if !bench.quick || connections == 1000 {
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
fn round_trips(bench: &Bench, size: usize, aim: Aim, rows: &mut Vec<Row>) -> Result<()> {
    let cpu = format!("server CPU per round trip of {size} B");
    let rate = format!("round trips of {size} B");
    if !bench.wants(&cpu) && !bench.wants(&rate) {
        return Ok(());
    }
    let mut cpus = bench.rounds_of(
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
    let rates = cpus
        .iter_mut()
        .map(|(server, figures)| {
            let rates = figures.iter().map(|[_, rate]| *rate).collect();
            (*server, rates)
        })
        .collect();
    let cpus = cpus
        .into_iter()
        .map(|(server, figures)| (server, figures.iter().map(|[cpu, _]| *cpu).collect()))
        .collect();
    bench.done(measure(cpu, "µs", Better::Lower, aim), cpus, rows);
    bench.done(measure(rate, "1/s", Better::Higher, Aim::None), rates, rows);
    Ok(())
}

/// Four connections that are never silent.
fn streaming(bench: &Bench, rows: &mut Vec<Row>) -> Result<()> {
    let name = "streaming, 64 KiB on 4 connections";
    let (connections, size) = (4, 64 * 1024);
    bench.row(
        bench.rounds,
        measure(name, "MiB/s", Better::Higher, Aim::Ratio(0.98)),
        connections,
        |peer| running(bench, peer, connections, size),
        |running, _| {
            let started = Instant::now();
            let trips = bench.runtime.block_on(running.load.run(bench.slice))?;
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
            Aim::Ratio(1.10),
        ),
        CONNECTIONS,
        |peer| {
            let process = peer.start(CONNECTIONS)?;
            let full = eco_load(bench, &process, &HALF_LOAD, bench.long)?;
            let rate = median(&[number(&full, &["turns", "per_second"])?]) / 2.0;
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
    bench.row(
        bench.rounds,
        measure(
            "connect, one round trip, close",
            "1/s",
            Better::Higher,
            Aim::Ratio(0.95),
        ),
        CONNECTIONS,
        |peer| peer.start(CONNECTIONS),
        |process, _| {
            let started = Instant::now();
            let load = load::connections(process.address, CONNECTIONS, bench.slice);
            let done = bench.runtime.block_on(load)?;
            Ok(done as f64 / started.elapsed().as_secs_f64())
        },
        rows,
    )
}

/// Resident memory of connections that said something `trips` times and are then silent.
fn memory(bench: &Bench, connections: usize, trips: usize, rows: &mut Vec<Row>) -> Result<()> {
    let (what, aim) = match trips {
        0 => ("that never spoke", Aim::Above(0.0)),
        _ => ("that echoed", Aim::Above(12.0)),
    };
    bench.few(
        measure(
            format!("memory of an idle connection {what}, {connections} of them"),
            "KiB",
            Better::Lower,
            aim,
        ),
        connections,
        |peer, _| {
            let process = peer.start(connections + 2)?;
            // What the first connection has the system load of the program is not the connection's.
            let first = open_idle(process.address, 1, 1);
            drop(bench.runtime.block_on(first)?);
            let before = process.resident()?;
            let _open = bench
                .runtime
                .block_on(open_idle(process.address, connections, trips))?;
            // Connections that say nothing show up in the server only when it has got round to them.
            std::thread::sleep(Duration::from_millis(500));
            Ok((process.resident()? - before) / connections as f64)
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
        measure("start to first echo", "ms", Better::Lower, Aim::Most(25.0)),
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
    let measure = measure("size of the program", "MiB", Better::Lower, Aim::None);
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
