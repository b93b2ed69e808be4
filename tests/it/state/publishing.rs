//! Messages that a call publishes when it returns: they have a bound, and count as memory.

use crate::support::{Peer, plugin_file, serve};

/// Publishes for a quarter of a second, and says how often that was done.
const PUBLISHES: &str = r#"
function receive() {
    const end = performance.now() + 250;
    let done = 0;
    while (performance.now() < end) {
        try { publish("t", "x"); done += 1; } catch {}
    }
    return `${done}\n`;
}
"#;

#[test]
fn a_call_publishes_what_its_connection_has_saved_up_however_long_it_takes() {
    let plugin = plugin_file("publishes.js", PUBLISHES);
    let server = serve(&["-p", &plugin, "--publish-rate", "100"]);
    // A second's worth, and none of what a second brings while the call runs.
    Peer::connect(server.address).send(b"x").expect(b"100\n");
}

#[test]
fn a_call_is_over_at_its_deadline_however_long_it_makes_way() {
    let plugin = plugin_file("loops.lua", "function receive() while true do end end");
    let flags = ["--cpu", "10m", "--deadline", "300ms"];
    let server = serve(&[&["-p", &plugin][..], &flags].concat());
    Peer::connect(server.address).send(b"x").expect_reset();
    server.logged(&["budget=\"deadline\"", "300ms", "--deadline"]);
}

#[test]
fn unpublished_messages_of_a_call_count_as_memory() {
    const FILLS: &str = r#"
local big = string.rep("x", 60000)
function receive(chunk)
  if chunk == "unsubscribe" then
    subscribe("t")
    for _ = 1, 1000 do unsubscribe("t") end
    return "done"
  end
  while true do pcall(publish, "t", big) end
end
"#;
    let plugin = plugin_file("fills-what-is-pending.lua", FILLS);
    let rates = ["--publish-rate", "1000000", "--publish-size", "100GiB"];
    let server = serve(&[&["-p", &plugin, "--memory", "16MiB"][..], &rates].concat());
    let mut unsubscribes = Peer::connect(server.address);
    unsubscribes.send(b"unsubscribe").expect(b"done");
    Peer::connect(server.address)
        .send(b"publish")
        .expect_reset();
    server.logged(&["closed", "budget=\"memory\"", "memory per instance"]);
    // Nothing of it is held any more.
    unsubscribes.send(b"unsubscribe").expect(b"done");
}
