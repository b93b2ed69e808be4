//! A store in a file outlives its server.

mod commands;
mod permissions;
mod store;

use crate::harness::Server;
use crate::support::{Peer, plugin_file, serve};

/// Adds one for each byte, and says each sum in a line; `?` asks for it, and any other text is a key that is kept.
const COUNTS: &str = r#"
function receive(chunk) {
    const text = new TextDecoder().decode(chunk);
    if (text === "?") return `${store.add("n", 0)}\n`;
    if (text[0] !== "+") { store.set(text, "v".repeat(10000), { ttl: 50 }); return "kept\n"; }
    let sums = "";
    for (const _ of text) sums += `${store.add("n")}\n`;
    return sums;
}
"#;

fn counts(place: &str) -> Server {
    let plugin = plugin_file("counts.js", COUNTS);
    serve(&["-p", &plugin, "--snapshot", "never", "--state", place])
}

fn line(peer: &mut Peer) -> Option<String> {
    use std::io::Read as _;
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match peer.0.read(&mut byte) {
            Ok(1) if byte == *b"\n" => return String::from_utf8(line).ok(),
            Ok(1) => line.push(byte[0]),
            _ => return None,
        }
    }
}
