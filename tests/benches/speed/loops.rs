//! What plugins that never end take from the others: 1,000 connections, 10 of which loop.

use super::Bench;
use super::load::{Load, connect};
use super::peers::{marked_echo, serve};
use super::table::figure;
use anyhow::Result;
use eco_benches::figures::median;
use eco_benches::process::Process;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;

const WORKING: usize = 990;
const LOOPING: usize = 10;

/// How much of their share the others keep.
pub(crate) fn share(bench: &Bench) -> Result<String> {
    let name = "connections that loop";
    if !bench.wants(name) {
        return Ok(String::new());
    }
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("loops.wat");
    std::fs::write(&path, marked_echo(2, "", "(loop $l (br $l))"))?;
    let path = path.display().to_string();
    let rounds = if bench.quick { 1 } else { 5 };
    let (mut without, mut with, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let server = Process::start(|port| {
            let mut command = serve(&bench.eco, port, WORKING + LOOPING, &path);
            command.args(["--cpu", "1h"]);
            command
        })?;
        let figures = bench.runtime.block_on(round(&server, bench.long))?;
        shares.push(figures.1 / figures.0 * (WORKING + LOOPING) as f64 / WORKING as f64);
        without.push(figures.0);
        with.push(figures.1);
    }
    Ok(format!(
        "
{LOOPING} {name} for ever beside {WORKING} that echo 16 B, with a processor budget of an hour: the
{WORKING} make {} round trips a second, and made {} before the loops began. That is {:.3} of their share
(all but a hundredth); aim at least 0.9.
",
        figure(median(&with)),
        figure(median(&without)),
        median(&shares),
    ))
}

async fn round(server: &Process, time: Duration) -> Result<(f64, f64)> {
    let mut load = Load::open(server.address, WORKING, 16).await?;
    let without = rate(&mut load, time).await?;
    let mut looping = Vec::new();
    for _ in 0..LOOPING {
        let mut stream = connect(server.address).await?;
        stream.write_all(b"!").await?;
        looping.push(stream);
    }
    // So that all of them are at it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok((without, rate(&mut load, time).await?))
}

async fn rate(load: &mut Load, time: Duration) -> Result<f64> {
    let started = Instant::now();
    let trips = load.run(time).await?;
    Ok(trips as f64 / started.elapsed().as_secs_f64())
}
