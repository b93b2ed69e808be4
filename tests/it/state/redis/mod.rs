//! Several servers with one Redis: what their connections hear of each other, and what they hear when a part of it
//! ends, stops or comes back.

mod failures;
mod hosts;
mod messages;

use crate::harness::Server;
use crate::support::{Peer, plugin_file, serve};

/// A room in which everybody tells their peer all that happens, in lines; what a peer says is evaluated where it
/// begins with `=`.
const ROOM: &str = r#"
const lines = new Lines();
let name;
function receive(chunk) { for (const line of lines.feed(chunk)) hear(line); }
function hear(line) {
    try {
        if (name === undefined) {
            name = line;
            const others = subscribe("room", name).map(({ label }) => label).sort();
            return send(`with ${others.join(",")}\n`);
        }
        if (line[0] === "=") {
            const value = eval(line.slice(1));
            return send(`= ${value instanceof Uint8Array ? new TextDecoder().decode(value) : value}\n`);
        }
        try { publish("room", line); } catch { send(`refused ${line}\n`); }
    } catch (error) { send(`${error.code}\n`); }
}
function message(topic, data, from) { return `${from.label}: ${new TextDecoder().decode(data)}\n`; }
function joined(topic, { label }) { return `+${label}\n`; }
function left(topic, { label }) { return `-${label}\n`; }
function missed(topic, count) { return `missed ${count}\n`; }
"#;

fn host(place: &str) -> Server {
    let plugin = plugin_file("many-rooms.js", ROOM);
    serve(&["-p", &plugin, "--snapshot", "never", "--state", place])
}

fn enter(server: &Server, name: &str, with: &str) -> Peer {
    let mut peer = Peer::connect(server.address);
    peer.send(format!("{name}\n").as_bytes())
        .expect(format!("with {with}\n").as_bytes());
    peer
}

/// Two hosts, with anna on the first and ben on the second, who have met.
fn two_hosts(first: &str, second: &str) -> [(Server, Peer); 2] {
    let (one, other) = (host(first), host(second));
    let mut anna = enter(&one, "anna", "");
    let ben = enter(&other, "ben", "anna");
    anna.expect(b"+ben\n");
    [(one, anna), (other, ben)]
}
