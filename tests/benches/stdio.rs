//! What `eco serve --stdio` costs: a program in C that sends back what it reads, beside a native echo, and beside what
//! gave programs a socket before: `ncat --exec` and `socat EXEC`, with cat. The same load on each in turn, in several
//! rounds of one run; the medians, and eco's ratio to native in the same round.
//!
//! `cargo bench -p eco-benches --bench stdio` takes two minutes, and writes `tests/benches/STDIO.md`. With `-- --quick`
//! it writes nothing. It holds no threshold: the machines are noisy. It wants to be alone on its machine, and needs zig.

use anyhow::{Context as _, Result, ensure};
use eco_benches::figures::{Rounds, is_quick, median};
use eco_benches::process::Process;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The program. With the argument `copy` it is an echo.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/programs/lines.c");
/// The stack that `eco build` gives a program in C. zig's own default is 16 MiB, which `--total-memory` counts for each
/// connection.
const STACK: &str = "-Wl,-z,stack-size=1048576";
/// Connections that are open at once, where their memory is measured.
const IDLE: usize = 1000;
/// Those that connect and leave again and again.
const VISITORS: usize = 8;
const MESSAGE: usize = 16;
const PIECE: usize = 64 * 1024;

/// A figure of each server, in the order of [`Servers::NAMES`].
type Row = [f64; 4];

struct Servers {
    all: [Process; 4],
    runtime: Runtime,
}

fn main() -> Result<()> {
    let Some(servers) = Servers::start()? else {
        println!("ncat, socat or zig is not here, so that nothing is measured.");
        return Ok(());
    };
    let page = page(Rounds::new(11), &servers)?;
    print!("{page}");
    if !is_quick() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("STDIO.md"), page)?;
    }
    Ok(())
}

impl Servers {
    const NAMES: [&str; 4] = ["native", "eco", "ncat --exec", "socat EXEC"];

    /// `None` where one of the tools is missing.
    fn start() -> Result<Option<Self>> {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stdio-echo.wasm");
        if !is_there("ncat", "--version") || !is_there("socat", "-V") || !compile(&program)? {
            return Ok(None);
        }
        let native = Process::start(|port| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_native-echo"));
            command.arg(port.to_string());
            command
        })?;
        let eco = eco_benches::eco()?;
        let eco = Process::start(|port| {
            let mut command = Command::new(&eco);
            let listen = format!("127.0.0.1:{port}");
            command.args(["serve", "-q", "--listen", &listen, "--stdio", "-p"]);
            command.arg(&program).args(["--", "copy"]);
            command
        })?;
        let ncat = Process::start(|port| {
            let mut command = Command::new("ncat");
            command.args(["-l", "-k", "-m", "2000", "--exec", "/bin/cat", "127.0.0.1"]);
            command.arg(port.to_string());
            command
        })?;
        let socat = Process::start(|port| {
            let mut command = Command::new("socat");
            let listen =
                format!("TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,nodelay,backlog=1024");
            command.args([&listen, "EXEC:/bin/cat"]);
            command
        })?;
        Ok(Some(Self {
            all: [native, eco, ncat, socat],
            runtime: Runtime::new()?,
        }))
    }
}

fn is_there(program: &str, flag: &str) -> bool {
    let tried = Command::new(program).arg(flag).output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// Compiles the program in C. Without zig it is false.
fn compile(output: &Path) -> Result<bool> {
    let mut zig = match is_there("zig", "version") {
        true => Command::new("zig"),
        false => {
            let mut python = Command::new("python3");
            python.args(["-m", "ziglang"]);
            python
        }
    };
    zig.args([
        "cc",
        "--target=wasm32-wasi",
        "-O2",
        "-s",
        STACK,
        SOURCE,
        "-o",
    ]);
    let built = zig.arg(output).output();
    Ok(built.context("python3 is missing")?.status.success())
}

fn page(rounds: Rounds, servers: &Servers) -> Result<String> {
    let profile = if eco_benches::is_dist()? {
        "dist"
    } else {
        "release"
    };
    let mut page = format!(
        "# Programs: results\n\n\
        Written by `cargo bench -p eco-benches --bench stdio`, in profile {profile}, on\n\
        {}. The medians of {} rounds of {} ms, and\n\
        eco's ratio to native in the same round. eco runs a program in C that zig compiled; ncat and socat run\n\
        `/bin/cat`. Load and servers share {} processors. ncat waits for cat for ever, and cat for ncat, once more\n\
        is under way than their pipes hold.\n\n| |",
        eco_benches::processor(),
        rounds.count,
        rounds.slice.as_millis(),
        std::thread::available_parallelism()?,
    );
    for name in Servers::NAMES {
        write!(page, " {name} |")?;
    }
    page += " eco / native | aim |\n|---|---|---|---|---|---|---|\n";

    // First of all: memory that a server has had once it may keep, and no connection would seem to take it.
    let mut memory = Row::default();
    for (grown, server) in memory.iter_mut().zip(&servers.all) {
        let before = server.anonymous()?;
        let open = servers.runtime.block_on(open(server.address, IDLE))?;
        *grown = (server.anonymous()? - before) / IDLE as f64;
        drop(open);
    }
    let name = format!("anonymous memory of an idle connection, of {IDLE} that have echoed, KiB");
    row(&mut page, &name, &[memory], Aim::AtMost(100.0))?;

    let trips = measure(rounds, servers, |server| {
        let done = servers
            .runtime
            .block_on(trips(server.address, rounds.slice))?;
        Ok(rounds.slice.as_secs_f64() * 1e6 / done as f64)
    })?;
    let name = format!("round trip of {MESSAGE} B, on one connection, µs");
    row(&mut page, &name, &trips, Aim::RatioAtMost(2.0))?;

    let at_once = measure(rounds, servers, |server| {
        let done = servers
            .runtime
            .block_on(trips_at_once(server.address, rounds.slice))?;
        Ok(rounds.slice.as_secs_f64() * 1e6 / done as f64)
    })?;
    let name = format!("round trip of {MESSAGE} B, on {IDLE} connections at once, µs for each");
    row(&mut page, &name, &at_once, Aim::RatioAtMost(2.0))?;

    let streamed = measure(rounds, servers, |server| {
        let done = servers
            .runtime
            .block_on(stream(server.address, rounds.slice))?;
        Ok(done as f64 / rounds.slice.as_secs_f64() / f64::from(1 << 20))
    })?;
    let name = format!(
        "stream there and back, written in {} KiB, MiB/s",
        PIECE / 1024
    );
    row(&mut page, &name, &streamed, Aim::RatioAtLeast(0.5))?;

    let visits = measure(rounds, servers, |server| {
        let done = servers
            .runtime
            .block_on(visits(server.address, rounds.slice))?;
        Ok(rounds.slice.as_secs_f64() * 1e6 / done as f64)
    })?;
    let name =
        format!("connect, {MESSAGE} B there and back, exit, by {VISITORS} at once: µs for each");
    row(&mut page, &name, &visits, Aim::RatioAtMost(2.0))?;

    Ok(page)
}

/// A figure of each server in each round.
fn measure(
    rounds: Rounds,
    servers: &Servers,
    mut sample: impl FnMut(&Process) -> Result<f64>,
) -> Result<Vec<Row>> {
    rounds.measure(|place| sample(&servers.all[place]).context(Servers::NAMES[place]))
}

/// What a figure of eco's should be, or its ratio to native.
enum Aim {
    AtMost(f64),
    RatioAtMost(f64),
    RatioAtLeast(f64),
}

fn row(page: &mut String, name: &str, rows: &[Row], aim: Aim) -> Result<()> {
    let at = |place: usize| median(rows.iter().map(|row| row[place]));
    write!(page, "| {name} |")?;
    for place in 0..Servers::NAMES.len() {
        write!(page, " {:.1} |", at(place))?;
    }
    let (eco, ratio) = (at(1), median(rows.iter().map(|row| row[1] / row[0])));
    let (aim, is_met) = match aim {
        Aim::AtMost(most) => (format!("eco ≤ {most}"), eco <= most),
        Aim::RatioAtMost(most) => (format!("≤ {most}"), ratio <= most),
        Aim::RatioAtLeast(least) => (format!("≥ {least}"), ratio >= least),
    };
    let verdict = if is_met { "met" } else { "missed" };
    writeln!(page, " {ratio:.2} | {aim}: {verdict} |")?;
    Ok(())
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

async fn trip(connection: &mut TcpStream) -> Result<()> {
    let (message, mut reply) = ([b'x'; MESSAGE], [0; MESSAGE]);
    connection.write_all(&message).await?;
    connection.read_exact(&mut reply).await?;
    ensure!(reply == message, "no echo");
    Ok(())
}

/// So many connections that have echoed once.
async fn open(address: SocketAddr, count: usize) -> Result<Vec<TcpStream>> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let mut connection = connect(address).await?;
        trip(&mut connection).await?;
        all.push(connection);
    }
    Ok(all)
}

/// One round trip after the other for so long: how many.
async fn trips(address: SocketAddr, slice: Duration) -> Result<u64> {
    let mut connection = connect(address).await?;
    trip(&mut connection).await?;
    let end = Instant::now() + slice;
    let mut done = 0;
    while Instant::now() < end {
        trip(&mut connection).await?;
        done += 1;
    }
    Ok(done)
}

/// Round trips on many connections at once, each as often as it can for so long: how many.
async fn trips_at_once(address: SocketAddr, slice: Duration) -> Result<u64> {
    let connections = open(address, IDLE).await?;
    let end = Instant::now() + slice;
    let mut talkers = JoinSet::new();
    for mut connection in connections {
        talkers.spawn(async move {
            let mut done = 0;
            while Instant::now() < end {
                trip(&mut connection).await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut sum = 0;
    while let Some(done) = talkers.join_next().await {
        sum += done??;
    }
    Ok(sum)
}

/// Writes without a pause for so long, and reads as fast: how many bytes have come back by then. A server that is stuck
/// ends with the time, as any other: ncat waits for cat to read, and cat for ncat.
async fn stream(address: SocketAddr, slice: Duration) -> Result<u64> {
    let (mut from, mut to) = connect(address).await?.into_split();
    let writes = tokio::spawn(async move {
        let piece = vec![b'x'; PIECE];
        while to.write_all(&piece).await.is_ok() {}
    });
    let mut buffer = vec![0; 4 * PIECE];
    let mut done = 0;
    let reads = async {
        while let length @ 1.. = from.read(&mut buffer).await? {
            done += length as u64;
        }
        anyhow::Ok(())
    };
    // The time is always over before the stream.
    let _ = timeout(slice, reads).await;
    writes.abort();
    Ok(done)
}

/// Connects, echoes once, sends FIN and waits for the other's, again and again for so long: how often.
async fn visits(address: SocketAddr, slice: Duration) -> Result<u64> {
    let end = Instant::now() + slice;
    let mut visitors = JoinSet::new();
    for _ in 0..VISITORS {
        visitors.spawn(async move {
            let mut done = 0;
            while Instant::now() < end {
                let mut connection = connect(address).await?;
                trip(&mut connection).await?;
                connection.shutdown().await?;
                ensure!(connection.read(&mut [0]).await? == 0, "more than an echo");
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut sum = 0;
    while let Some(done) = visitors.join_next().await {
        sum += done??;
    }
    Ok(sum)
}
