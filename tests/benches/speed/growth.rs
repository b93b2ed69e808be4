//! How the cost grows with the number of connections, and with the size of messages.

use super::Bench;
use super::load::Load;
use super::peers::{ANY, ECO, NATIVE};
use super::table::figure;
use anyhow::Result;
use eco_benches::figures::median;
use std::fmt::Write as _;

const CONNECTIONS: [usize; 5] = [1, 10, 100, 1000, 9000];
const SIZES: [usize; 6] = [1, 64, 1 << 10, 16 << 10, 128 << 10, 1 << 20];

/// Processor time and memory of eco and of native, as tables.
pub(crate) fn tables(bench: &Bench) -> Result<String> {
    let mut text = String::new();
    if bench.wants("growth with connections") {
        text += "
How the cost grows with the number of connections, all of them busy with 16 B: processor time of the
server for each round trip in µs, and its resident memory for each connection in KiB.

| connections | native, CPU | eco, CPU | any plugin, CPU | native, memory | eco, memory | any plugin, memory |
|---|---|---|---|---|---|---|\n";
        for connections in CONNECTIONS {
            if bench.quick && connections > 100 {
                continue;
            }
            // Two at a time: the descriptors of this process don't reach for more.
            let [native, eco] = costs(bench, [NATIVE, ECO], connections, 16)?;
            let [_, any] = costs(bench, [NATIVE, ANY], connections, 16)?;
            let costs = [native, eco, any];
            let each = |memory: f64| memory / connections as f64;
            let [native, eco, any] = costs.each_ref().map(|cost| figure(cost.cpu));
            let memory = costs.each_ref().map(|cost| figure(each(cost.memory)));
            let memory = memory.join(" | ");
            let _ = writeln!(
                text,
                "| {connections} | {native} | {eco} | {any} | {memory} |"
            );
        }
    }
    if bench.wants("growth with sizes") {
        text += "
How it grows with the size of messages, on 16 connections: processor time for each round trip in µs, and
for each KiB of it.

| size | native | eco | native, per KiB | eco, per KiB |
|---|---|---|---|---|\n";
        for size in SIZES {
            if bench.quick && size > 64 << 10 {
                continue;
            }
            let [native, eco] = costs(bench, [NATIVE, ECO], 16, size)?;
            let kib = size as f64 / 1024.0;
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                bytes(size),
                figure(native.cpu),
                figure(eco.cpu),
                figure(native.cpu / kib),
                figure(eco.cpu / kib)
            );
        }
    }
    Ok(text)
}

struct Cost {
    /// µs for each round trip.
    cpu: f64,
    /// KiB in all, more than before there were connections.
    memory: f64,
}

/// Of these servers, in turn.
fn costs(bench: &Bench, names: [&str; 2], connections: usize, size: usize) -> Result<[Cost; 2]> {
    let rounds = if bench.quick { 1 } else { 7 };
    let find = |name| bench.peers.iter().find(|peer| peer.name == name);
    let mut servers = Vec::new();
    for peer in names.into_iter().filter_map(find) {
        let process = peer.start(connections + 2)?;
        drop(
            bench
                .runtime
                .block_on(Load::open(process.address, 1, size))?,
        );
        let before = process.resident()?;
        let load = Load::open(process.address, connections, size);
        let load = bench.runtime.block_on(load)?;
        servers.push((process, before, load, Vec::new()));
    }
    // Long enough for each connection to have its turn some times.
    let slice = bench
        .slice
        .max(std::time::Duration::from_micros(connections as u64 * 40));
    for _ in 0..rounds {
        for (process, _, load, cpus) in &mut servers {
            cpus.push(process.cpu_per_unit(|| bench.runtime.block_on(load.run(slice)))?);
        }
    }
    let costs = servers.into_iter().map(|(process, before, _load, cpus)| {
        let memory = process.resident()? - before;
        let cpu = median(&cpus);
        anyhow::Ok(Cost { cpu, memory })
    });
    let costs: Vec<Cost> = costs.collect::<Result<_>>()?;
    costs
        .try_into()
        .map_err(|_| anyhow::anyhow!("one of the servers {names:?} is not there"))
}

fn bytes(size: usize) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{} KiB", size >> 10),
        _ => format!("{} MiB", size >> 20),
    }
}
