//! eco's echo, sandbox included, beside a native tokio echo: the same load on both, one after the
//! other in several rounds of one run, and the medians of the ratios.
//!
//! `cargo bench` takes some minutes; `cargo bench -- --quick` a quarter of that. The native server
//! is this very program, started again with `--native-echo`.

mod load;
mod process;

use process::Process;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const CONNECTIONS: usize = 64;
const IDLE_CONNECTIONS: usize = 5_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--native-echo") {
        return native_echo();
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let (rounds, time) = match quick {
        true => (3, Duration::from_millis(500)),
        false => (9, Duration::from_secs(2)),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    println!("{rounds} rounds, each measure for {time:?} on each server in turn; medians");
    println!(
        "{:<44} {:>12} {:>12} {:>8} {:>17}",
        "measure", "eco", "native", "ratio", "(min to max)"
    );
    for size in [16, 1024, 16 * 1024, 64 * 1024] {
        let name = format!("server CPU per round trip of {size} B, µs");
        compare(&name, rounds, |server| {
            let cpu = server.cpu()?;
            let trips =
                runtime.block_on(load::round_trips(server.address(), CONNECTIONS, size, time))?;
            Ok((server.cpu()? - cpu).as_secs_f64() * 1e6 / trips as f64)
        })?;
    }
    compare(
        "connections per second, one round trip each",
        rounds,
        |server| {
            let connections =
                runtime.block_on(load::connections(server.address(), CONNECTIONS, time))?;
            Ok(connections as f64 / time.as_secs_f64())
        },
    )?;
    compare("server CPU per connection, µs", rounds, |server| {
        let cpu = server.cpu()?;
        let connections =
            runtime.block_on(load::connections(server.address(), CONNECTIONS, time))?;
        Ok((server.cpu()? - cpu).as_secs_f64() * 1e6 / connections as f64)
    })?;
    for (name, trips) in [
        ("memory per idle connection that echoed, KiB", 1),
        ("memory per idle connection, never used, KiB", 0),
    ] {
        compare_fresh(name, 3, |server| {
            let before = server.resident_bytes()?;
            let open = runtime.block_on(load::idle(server.address(), IDLE_CONNECTIONS, trips))?;
            let after = server.resident_bytes()?;
            drop(open);
            Ok(after.saturating_sub(before) as f64 / IDLE_CONNECTIONS as f64 / 1024.0)
        })?;
    }
    compare_fresh("start to listening, ms", rounds, |server| {
        Ok(server.listening_after().as_secs_f64() * 1e3)
    })
}

/// Measures both servers in turn, `rounds` times, and prints the medians.
fn compare(
    name: &str,
    rounds: usize,
    mut measure: impl FnMut(&Process) -> anyhow::Result<f64>,
) -> anyhow::Result<()> {
    let (eco, native) = (Process::eco()?, Process::native()?);
    let mut figures = Vec::new();
    // The first round warms up.
    for round in 0..=rounds {
        let figure = (measure(&eco)?, measure(&native)?);
        if round > 0 {
            figures.push(figure);
        }
    }
    print(name, &figures);
    Ok(())
}

/// The same with servers that were just started.
fn compare_fresh(
    name: &str,
    rounds: usize,
    mut measure: impl FnMut(&Process) -> anyhow::Result<f64>,
) -> anyhow::Result<()> {
    let mut figures = Vec::new();
    for _ in 0..rounds {
        figures.push((measure(&Process::eco()?)?, measure(&Process::native()?)?));
    }
    print(name, &figures);
    Ok(())
}

fn print(name: &str, figures: &[(f64, f64)]) {
    let eco = sorted(figures.iter().map(|(eco, _)| *eco));
    let native = sorted(figures.iter().map(|(_, native)| *native));
    let ratios = sorted(figures.iter().map(|(eco, native)| eco / native));
    let middle = |figures: &[f64]| figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN);
    println!(
        "{name:<44} {:>12.2} {:>12.2} {:>8.3} {:>17}",
        middle(&eco),
        middle(&native),
        middle(&ratios),
        format!(
            "({:.3} to {:.3})",
            ratios.first().copied().unwrap_or(f64::NAN),
            ratios.last().copied().unwrap_or(f64::NAN)
        ),
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
