//! Whether bytes lie where the processor copies them fast: a native server whose buffers begin at chosen offsets within
//! a page, and eco beside it, whose buffers should do as well as the best of these. `host/net/src/page_offset.rs` has
//! the reason.

use super::Bench;
use super::by_size;
use super::measures::CONNECTIONS;
use super::peers::{ANY, ECO, JAVASCRIPT, LUA, Peer, native_at};
use anyhow::Result;

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
    let natives = OFFSETS.map(|(name, at)| native_at(name, at));
    let eco = bench.some(&[ECO, ANY, LUA, JAVASCRIPT]);
    let peers: Vec<&Peer> = natives.iter().chain(eco).collect();
    let table = by_size::table(bench, &peers, &SIZES, bench.long_rounds)?;
    Ok(format!(
        "
Server CPU per round trip on {CONNECTIONS} connections, in µs, by page offsets: where the buffers of a native tokio server
begin within a page of memory. In brackets beside the first in the same round. eco's own buffers are at places of its choice.

{table}"
    ))
}
