//! Presence: who comes and goes.

use crate::state::topics::{ROOM, enter};
use crate::support::{Peer, plugin_file, serve, serve_both_ways};

#[test]
fn presence_is_told_to_all_but_oneself_in_one_order() {
    for server in serve_both_ways(&plugin_file("room.js", ROOM), &["--cpu", "100ms"]) {
        let mut anna = enter(server.address, "anna", "");
        let mut ben = enter(server.address, "ben", "anna");
        anna.expect(b"+ben\n");
        anna.send(b"hello").expect(b"said\n");
        ben.expect(b"room anna: hello\n");
        ben.send(b"rename").expect(b"renamed\n");
        ben.send(b"hi").expect(b"said\n");
        anna.expect(b"room other: hi\n");
        // A plugin that fails has said nothing, however it fails; and that it left is said once.
        for (name, end) in [("cleo", "throw"), ("dora", "loop")] {
            let mut other = enter(server.address, name, "anna,other");
            other.send(end.as_bytes()).expect_reset();
            for peer in [&mut anna, &mut ben] {
                peer.expect(format!("+{name}\n-{name}\n").as_bytes());
            }
        }
        let last = enter(server.address, "last", "anna,other");
        last.reset();
        for peer in [&mut anna, &mut ben] {
            peer.expect(b"+last\nroom last: closed peer-reset\n-last\n");
        }
        ben.send(b"leave").expect(b"gone\n");
        anna.expect(b"room other: bye\n-other\n");
        anna.send(b"nobody hears").expect(b"said\n");
        ben.finish().expect_end();
        anna.finish().expect_end();
    }
}

#[test]
fn a_script_without_joined_and_left_is_not_told_and_misses_none() {
    const HEARS: &str = r#"
    function receive(chunk) {
        const word = new TextDecoder().decode(chunk);
        if (word === "in") { subscribe("t"); return "in\n"; }
        publish("t", word);
    }
    function message(topic, data) { return data; }
    function missed(topic, count) { return `missed ${count}\n`; }
    "#;
    let plugin = plugin_file("hears-words.js", HEARS);
    let server = serve(&["-p", &plugin, "--mailbox-events", "1"]);
    let mut first = Peer::connect(server.address);
    first.send(b"in").expect(b"in\n");
    for others in 1..4 {
        let mut other = Peer::connect(server.address);
        other.send(b"in").expect(b"in\n").finish();
        other.expect_end();
        let mut speaker = Peer::connect(server.address);
        speaker.send(others.to_string().as_bytes());
        first.expect(others.to_string().as_bytes());
    }
}
