//! What a neighbour notices while others on the same server attack it: its round trips, one after the
//! other, and the memory of the server and its helper.

use super::Bench;
use super::load;
use super::peers::{marked_echo, serve};
use super::table::figure;
use anyhow::{Result, ensure};
use eco_benches::figures::{median, quantile};
use eco_benches::process::Process;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

/// Who attacks at the same time, by calls or by new connections.
const ATTACKERS: usize = 16;
/// Pages of memory of an instance, where 4,000 pieces of data lie far from each other.
const PAGES: u32 = 960;

struct Attack {
    name: &'static str,
    /// What the plugin's module has beside an echo.
    fields: String,
    /// What it does with a chunk that begins with `!`, before it returns that.
    call: &'static str,
    by: By,
}

enum By {
    Nobody,
    /// Connections that send `!` again and again.
    Calls,
    /// Connections that end after one round trip, again and again.
    Starts,
    /// A plugin that compiles slowly, put in the place of the other.
    Reload,
}

fn attacks() -> [Attack; 5] {
    let attack = |name, fields, call, by| Attack {
        name,
        fields,
        call,
        by,
    };
    let strewn = |page| format!("(data (i32.const {}) \"x\")", 65536 + page * 3 * 4096);
    [
        attack("nobody attacks", String::new(), "", By::Nobody),
        attack(
            "16 connections call loops without end",
            String::new(),
            "(loop $l (br $l))",
            By::Calls,
        ),
        attack(
            "16 connections call, again and again, what takes some 30 ms",
            String::new(),
            "(local.set $left (i32.const 60000000))
            (loop $l (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (br_if $l (local.get $left)))",
            By::Calls,
        ),
        attack(
            "16 connections start, again and again, what copies 4,000 pages of data",
            (0..4000).map(strewn).collect(),
            "",
            By::Starts,
        ),
        attack(
            "a plugin that takes minutes to compile is loaded",
            String::new(),
            "",
            By::Reload,
        ),
    ]
}

impl Attack {
    fn begin(&self, server: &Process, file: &Path) -> Result<JoinSet<Result<()>>> {
        let (mut attackers, address) = (JoinSet::new(), server.address);
        match self.by {
            By::Nobody => {}
            By::Calls => (0..ATTACKERS).for_each(|_| {
                attackers.spawn(call(address));
            }),
            By::Starts => {
                attackers.spawn(async move {
                    load::connections(address, ATTACKERS, Duration::from_secs(3600), b"").await?;
                    Ok(())
                });
            }
            By::Reload => {
                std::fs::write(file, slow_to_compile())?;
                server.reload()?;
            }
        }
        Ok(attackers)
    }
}

async fn call(address: SocketAddr) -> Result<()> {
    let mut stream = load::connect(address).await?;
    loop {
        stream.write_all(b"!").await?;
        stream.read_exact(&mut [0]).await?;
    }
}

/// The compiler's time grows with the square of the loops that lie in each other.
fn slow_to_compile() -> String {
    const LOOPS: usize = 20_000;
    let body = "loop ".repeat(LOOPS) + &"local.get 0 br_if 0 end ".repeat(LOOPS);
    format!("(component (core module (func (param i32) {body})))")
}

/// A table, a line for each attack.
pub(crate) fn table(bench: &Bench) -> Result<String> {
    if !bench.wants("attacks") {
        return Ok(String::new());
    }
    let rounds = if bench.quick { 1 } else { 5 };
    let mut text = "
What a neighbour notices of attacks on the same server: its round trips of 16 B, one after the other, in
µs, and the most memory that the server and its helper had, in MiB. The attackers' clients share the
processors with it.

| attack | p50 | p99 | memory |
|---|---|---|---|
"
    .to_owned();
    for attack in attacks() {
        let (mut p50, mut p99, mut memory) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let round = round(bench, &attack)?;
            p50.push(quantile(&round.trips, 0.5));
            p99.push(quantile(&round.trips, 0.99));
            memory.push(round.memory / 1024.0);
        }
        text += &format!(
            "| {} | {} | {} | {} |\n",
            attack.name,
            figure(median(&p50)),
            figure(median(&p99)),
            figure(median(&memory))
        );
    }
    Ok(text)
}

struct Round {
    /// In µs.
    trips: Vec<f64>,
    /// In KiB.
    memory: f64,
}

fn round(bench: &Bench, attack: &Attack) -> Result<Round> {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("attack.wat");
    std::fs::write(&file, marked_echo(PAGES, &attack.fields, attack.call))?;
    let path = file.display().to_string();
    let server = Process::start(|port| {
        let mut command = serve(&bench.eco, port, 2 * ATTACKERS, &path);
        command.args(["--cpu", "1h"]);
        command
    })?;
    let mut neighbour = TcpStream::connect(server.address)?;
    neighbour.set_nodelay(true)?;
    trips(&mut neighbour, Duration::from_millis(100))?;
    let _runtime = bench.runtime.enter();
    let attackers = attack.begin(&server, &file)?;
    // So that all of them are at it.
    std::thread::sleep(Duration::from_millis(300));
    let trips = trips(&mut neighbour, bench.long)?;
    let memory = server.most_resident()?;
    drop(attackers);
    Ok(Round { trips, memory })
}

fn trips(stream: &mut TcpStream, time: Duration) -> Result<Vec<f64>> {
    let (mut trips, began, mut reply) = (Vec::new(), Instant::now(), [0; 16]);
    while began.elapsed() < time {
        let sent = Instant::now();
        stream.write_all(b"0123456789abcdef")?;
        stream.read_exact(&mut reply)?;
        trips.push(sent.elapsed().as_secs_f64() * 1e6);
        ensure!(reply == *b"0123456789abcdef", "the echo is wrong");
    }
    Ok(trips)
}
