//! eco's echo, sandbox included, beside a native tokio echo: the same load on both, one after the
//! other in several rounds of one run, and the medians of the ratios.
//!
//! `cargo bench` takes some minutes; `cargo bench -- --quick` a quarter of that, and
//! `cargo bench -- WORD` runs the measures with that word in their names. The native server
//! is this very program, started again with `--native-echo`.

mod load;
mod process;

use process::Process;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const CONNECTIONS: usize = 64;
const IDLE_CONNECTIONS: usize = 5_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--native-echo") {
        return native_echo();
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let (rounds, time) = match quick {
        true => (5, Duration::from_millis(300)),
        false => (21, Duration::from_millis(700)),
    };
    let bench = Bench {
        rounds,
        wanted: arguments
            .into_iter()
            .find(|argument| !argument.starts_with("--")),
    };
    println!("{rounds} rounds, each measure for {time:?} on each server in turn; medians");
    println!(
        "{:<44} {:>10} {:>10} {:>7}   min to max",
        "measure", "eco", "native", "ratio"
    );
    measure_all(&bench, time)
}

fn measure_all(bench: &Bench, time: Duration) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    for size in [16, 1024, 16 * 1024, 64 * 1024] {
        let name = format!("server CPU per round trip of {size} B, µs");
        bench.compare(&name, Servers::Kept, |server| {
            let load = load::round_trips(server.address(), CONNECTIONS, size, time);
            server.cpu_per_unit(|| runtime.block_on(load))
        })?;
    }
    let name = "connections per second, one round trip each";
    bench.compare(name, Servers::Kept, |server| {
        let load = load::connections(server.address(), CONNECTIONS, time);
        Ok(runtime.block_on(load)? as f64 / time.as_secs_f64())
    })?;
    let name = "server CPU per such connection, µs";
    bench.compare(name, Servers::Kept, |server| {
        let load = load::connections(server.address(), CONNECTIONS, time);
        server.cpu_per_unit(|| runtime.block_on(load))
    })?;
    for (name, trips) in [
        ("memory per idle connection that echoed, KiB", 1),
        ("memory per idle connection, never used, KiB", 0),
    ] {
        bench.compare(name, Servers::Fresh, |server| {
            let before = server.resident_bytes()?;
            let open = runtime.block_on(load::idle(server.address(), IDLE_CONNECTIONS, trips))?;
            let after = server.resident_bytes()?;
            drop(open);
            Ok(after.saturating_sub(before) as f64 / IDLE_CONNECTIONS as f64 / 1024.0)
        })?;
    }
    bench.compare("start to listening, ms", Servers::Fresh, |server| {
        Ok(server.listening_after().as_secs_f64() * 1e3)
    })
}

/// Whether a measure wants the same servers for all its rounds.
#[derive(PartialEq)]
enum Servers {
    Kept,
    Fresh,
}

struct Bench {
    rounds: usize,
    wanted: Option<String>,
}

impl Bench {
    /// Measures both servers in turn, and prints the medians.
    fn compare(
        &self,
        name: &str,
        servers: Servers,
        mut measure: impl FnMut(&Process) -> anyhow::Result<f64>,
    ) -> anyhow::Result<()> {
        if self
            .wanted
            .as_ref()
            .is_some_and(|wanted| !name.contains(wanted.as_str()))
        {
            return Ok(());
        }
        let (mut eco, mut native) = (Process::eco()?, Process::native()?);
        let mut figures = Vec::new();
        // The first round warms up.
        for round in 0..=self.rounds {
            if servers == Servers::Fresh {
                (eco, native) = (Process::eco()?, Process::native()?);
            }
            let figure = (measure(&eco)?, measure(&native)?);
            if round > 0 {
                figures.push(figure);
            }
        }
        print(name, &figures);
        Ok(())
    }
}

fn print(name: &str, figures: &[(f64, f64)]) {
    let eco = sorted(figures.iter().map(|(eco, _)| *eco));
    let native = sorted(figures.iter().map(|(_, native)| *native));
    let ratios = sorted(figures.iter().map(|(eco, native)| eco / native));
    let middle = |figures: &[f64]| figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN);
    println!(
        "{name:<44} {:>10.2} {:>10.2} {:>7.3}   {:.3} to {:.3}",
        middle(&eco),
        middle(&native),
        middle(&ratios),
        ratios.first().copied().unwrap_or(f64::NAN),
        ratios.last().copied().unwrap_or(f64::NAN)
    );
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// What tokio's documentation shows as its first program, with a buffer of eco's chunk size.
#[tokio::main]
async fn native_echo() -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..length]).await.is_err() {
                    return;
                }
            }
        });
    }
}
