//! What `eco` built in the profile `release` costs beside the one in `dist`, whose figures all others are.

use super::Bench;
use super::by_size;
use super::measures::CONNECTIONS;
use super::peers::{NATIVE, Peer, echoes, with_port};
use anyhow::Result;
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
    let peers: Vec<&Peer> = peers.iter().collect();
    let table = by_size::table(bench, &peers, &SIZES, bench.rounds)?;
    let text = format!(
        "
What `cargo build --release` costs beside the profile `dist`, which has all other figures: server CPU per
round trip on {CONNECTIONS} connections, in µs, and the ratio to native tokio in the same round.

{table}"
    );
    println!("{text}");
    Ok(text)
}
