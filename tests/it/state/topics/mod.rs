//! Connections that hear each other.

mod languages;
mod limits;
mod messages;
mod presence;

use crate::support::Peer;
use std::net::SocketAddr;

/// A room in which everybody tells everything that happens to their peer, in lines.
const ROOM: &str = r#"
let name;
function receive(chunk) {
    const text = new TextDecoder().decode(chunk).trim();
    if (name === undefined) {
        name = text;
        const others = subscribe("room", name).map(({ label }) => label).sort();
        return `with ${others.join(",")}\n`;
    }
    if (text === "throw") { publish("room", "never"); throw new Error("on purpose"); }
    if (text === "loop") for (;;);
    if (text === "leave") { publish("room", "bye"); unsubscribe("room"); return "gone\n"; }
    if (text === "close") return { data: "closing\n", next: "close" };
    if (text === "rename") { subscribe("room", "other"); return "renamed\n"; }
    publish("room", text);
    return "said\n";
}
function message(topic, data, from) {
    return `${topic} ${from.label}: ${new TextDecoder().decode(data)}\n`;
}
function joined(topic, { label }) { return `+${label}\n`; }
function left(topic, { label }) { return `-${label}\n`; }
function missed(topic, count) { return `missed ${count}\n`; }
function closed(why) { if (name === "last") publish("room", `closed ${why}`); }
"#;

fn enter(address: SocketAddr, name: &str, with: &str) -> Peer {
    let mut peer = Peer::connect(address);
    peer.send(name.as_bytes())
        .expect(format!("with {with}\n").as_bytes());
    peer
}

fn read_line(peer: &mut Peer) -> String {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        std::io::Read::read_exact(&mut peer.0, &mut byte).expect("the server replies");
        line.push(byte[0]);
    }
    String::from_utf8(line).expect("it is text")
}
