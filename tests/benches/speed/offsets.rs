//! Whether bytes lie where the processor copies them fast: a native server whose buffers begin at chosen offsets within a
//! page, and eco beside it, whose buffers should do as well as the best of these. `host/net/src/page_offset.rs` has the reason.

use super::Bench;
use super::measures::{CONNECTIONS, running};
use super::peers::{ANY, ECO, JAVASCRIPT, LUA, Peer, native_at};
use super::table::{figure, median};
use anyhow::Result;
use std::fmt::Write as _;

/// The offsets: the first is the one that the others are compared with.
const OFFSETS: [(&str, usize); 8] = [
    ("native, at 0", 0),
    ("native, at 8", 8),
    ("native, at 16", 16),
    ("native, at 24", 24),
    ("native, at 32", 32),
    ("native, at 64", 64),
    ("native, at 2,048", 2048),
    ("native, at 4,080", 4080),
];
const SIZES: [usize; 3] = [1 << 10, 16 << 10, 64 << 10];

/// The servers' processor time, as a table.
pub(crate) fn table(bench: &Bench) -> Result<String> {
    if !bench.wants("page offsets") {
        return Ok(String::new());
    }
    let mut text = format!(
        "
Server CPU per round trip on {CONNECTIONS} connections, in µs, by page offsets: where the buffers of a native tokio server
begin within a page of memory. In brackets beside the first in the same round. eco's own buffers are at places of its choice.

| server | 1 KiB | 16 KiB | 64 KiB |
|---|---|---|---|
"
    );
    let natives: Vec<Peer> = OFFSETS.map(|(name, at)| native_at(name, at)).into();
    let mut lines: Vec<(&str, String)> = Vec::new();
    for size in SIZES {
        let eco = bench.some(&[ECO, ANY, LUA, JAVASCRIPT]);
        let rounds = bench.rounds_of(
            natives.iter().chain(eco),
            bench.long_rounds,
            CONNECTIONS,
            |peer| running(bench, peer, CONNECTIONS, size),
            |running, _| Ok(running.cpu_per_trip(bench)?.0),
        )?;
        let first = rounds.first().map(|(_, figures)| figures.clone());
        for (place, (name, figures)) in rounds.iter().enumerate() {
            let ratios = figures.iter().zip(first.iter().flatten());
            let ratios: Vec<f64> = ratios.map(|(figure, first)| figure / first).collect();
            if lines.len() <= place {
                lines.push((*name, String::new()));
            }
            if let Some((_, line)) = lines.get_mut(place) {
                let _ = write!(
                    line,
                    " {} ({:.2}) |",
                    figure(median(figures)),
                    median(&ratios)
                );
            }
        }
    }
    for (name, line) in lines {
        let _ = writeln!(text, "| {name} |{line}");
    }
    Ok(text)
}
