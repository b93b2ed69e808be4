//! A table of the servers' processor time, a row for each size of message. The first server is the one that the others
//! are compared with.

use super::Bench;
use super::measures::{CONNECTIONS, running};
use super::peers::Peer;
use super::table::figure;
use anyhow::Result;
use eco_benches::figures::median;
use std::fmt::Write as _;

/// Time in µs for each round trip, and the ratio to the first server in the same round.
pub(crate) fn table(
    bench: &Bench,
    peers: &[&Peer],
    sizes: &[usize],
    rounds: usize,
) -> Result<String> {
    let mut text = "| size |".to_owned();
    for Peer { name, .. } in peers {
        let _ = write!(text, " {name} |");
    }
    text += "\n|---|";
    text += &"---|".repeat(peers.len());
    for &size in sizes {
        let _ = write!(text, "\n| {size} B |");
        let rounds = bench.rounds_of(
            peers.iter().copied(),
            rounds,
            CONNECTIONS,
            |peer| running(bench, peer, CONNECTIONS, size),
            |running, _| Ok(running.cpu_per_trip(bench)?.0),
        )?;
        let first = rounds.first().map(|(_, figures)| figures.clone());
        let first = first.unwrap_or_default();
        for (_, figures) in &rounds {
            let ratios: Vec<f64> = figures.iter().zip(&first).map(|(a, b)| a / b).collect();
            let (cpu, ratio) = (median(figures), median(&ratios));
            let _ = write!(text, " {} ({ratio:.2}) |", figure(cpu));
        }
    }
    Ok(text + "\n")
}
