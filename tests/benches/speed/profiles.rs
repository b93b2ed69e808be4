//! What `eco` built in the profile `release` costs beside the one in `dist`, whose figures all others are.

use super::Bench;
use super::measures::{CONNECTIONS, running};
use super::peers::{NATIVE, Peer, echoes, with_port};
use super::table::{figure, median};
use anyhow::Result;
use std::fmt::Write as _;
use std::path::PathBuf;

const SIZES: [usize; 2] = [16, 1024];

/// Processor time of a round trip with each of both, as a table. In a run that is no `dist`, of that alone.
pub(crate) fn compare(bench: &Bench) -> Result<String> {
    let name = "profiles";
    if !bench.wants(name) {
        return Ok(String::new());
    }
    let native = PathBuf::from(env!("CARGO_BIN_EXE_native-echo"));
    let mut peers = vec![with_port(NATIVE, native)];
    peers.extend(echoes(["echo", "any plugin"], &bench.eco)?);
    if eco_benches::is_dist()? {
        let release = eco_benches::eco_in("release")?;
        peers.extend(echoes(["echo, release", "any plugin, release"], &release)?);
    }
    let mut text = "
What `cargo build --release` costs beside the profile `dist`, which has all other figures: server CPU per
round trip on 64 connections, in µs, and the ratio to native tokio in the same round.

| size |"
        .to_owned();
    for Peer { name, .. } in &peers {
        let _ = write!(text, " {name} |");
    }
    text += "\n|---|";
    text += &"---|".repeat(peers.len());
    for size in SIZES {
        let _ = write!(text, "\n| {size} B |");
        let rounds = bench.rounds_of(
            &peers,
            bench.rounds,
            CONNECTIONS,
            |peer| running(bench, peer, CONNECTIONS, size),
            |running, _| Ok(running.cpu_per_trip(bench)?.0),
        )?;
        let native = rounds.first().map(|(_, figures)| figures.clone());
        let native = native.unwrap_or_default();
        for (_, figures) in &rounds {
            let ratios: Vec<f64> = figures.iter().zip(&native).map(|(a, b)| a / b).collect();
            let (cpu, ratio) = (median(figures), median(&ratios));
            let _ = write!(text, " {} ({ratio:.2}) |", figure(cpu));
        }
    }
    println!("{text}");
    Ok(text + "\n")
}
