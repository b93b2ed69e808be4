//! Messages: order, mailboxes, and peers that leave.

use crate::state::topics::{ROOM, enter, read_line};
use crate::support::{Peer, plugin_file, serve, serve_both_ways};

#[test]
fn all_hear_the_messages_of_many_in_one_order_and_those_of_each_in_its_own() {
    let server = serve(&["-p", &plugin_file("order.js", ROOM)]);
    let mut listeners: Vec<Peer> = ["l1", "l2", "l3"]
        .iter()
        .map(|name| {
            let mut peer = Peer::connect(server.address);
            peer.send(name.as_bytes());
            peer
        })
        .collect();
    // Until all are in, so that all hear the same.
    for (index, listener) in listeners.iter_mut().enumerate() {
        let others = ["l1", "l2", "l3"];
        let text = read_line(listener);
        assert!(text.starts_with("with "), "{text}");
        let told = others.len() - 1 - text.trim_end().matches('l').count();
        for _ in 0..told {
            assert!(read_line(listener).starts_with('+'), "{index}");
        }
    }
    const EACH: usize = 50;
    std::thread::scope(|scope| {
        for speaker in 0..4 {
            let address = server.address;
            scope.spawn(move || {
                let mut peer = Peer::connect(address);
                peer.send(format!("s{speaker}").as_bytes());
                while !read_line(&mut peer).starts_with("with") {}
                for turn in 0..EACH {
                    peer.send(format!("{turn}").as_bytes());
                    while read_line(&mut peer) != "said\n" {}
                }
            });
        }
    });
    let heard: Vec<Vec<String>> = listeners
        .iter_mut()
        .map(|listener| {
            let mut said = Vec::new();
            while said.len() < 4 * EACH {
                let line = read_line(listener);
                if line.starts_with("room s") {
                    said.push(line);
                }
            }
            said
        })
        .collect();
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0], heard[2]);
    for speaker in 0..4 {
        let own = heard[0]
            .iter()
            .filter(|line| line.contains(&format!("s{speaker}:")));
        let expected = (0..EACH).map(|turn| format!("room s{speaker}: {turn}\n"));
        assert!(own.eq(expected.collect::<Vec<_>>().iter()), "{speaker}");
    }
}

#[test]
fn a_peer_that_does_not_read_holds_up_nobody_and_is_told_what_it_missed() {
    const SLOW: &str = r#"
    function receive(chunk) {
        const text = new TextDecoder().decode(chunk);
        if (text === "in") { subscribe("room", ""); return "ok\n"; }
        if (text === "big") return new Uint8Array(1 << 23).fill(46);
        publish("room", text);
        return "ok\n";
    }
    function message(topic, data) { return `<${new TextDecoder().decode(data)}>`; }
    function missed(topic, count) { return `missed ${count}.`; }
    "#;
    let path = plugin_file("slow-reader.js", SLOW);
    let server = serve(&["-p", &path, "--mailbox-events", "3", "--reply", "16MiB"]);
    let mut slow = Peer::connect(server.address);
    slow.send(b"in").expect(b"ok\n").send(b"big");
    // It has begun to reply, and can't go on.
    slow.expect(b".");
    let mut speaker = Peer::connect(server.address);
    for word in ["a", "b", "c", "d", "e"] {
        speaker.send(word.as_bytes()).expect(b"ok\n");
    }
    slow.expect(&vec![b'.'; (1 << 23) - 1])
        .expect(b"<a><b><c>missed 2.");
    speaker.send(b"f").expect(b"ok\n");
    slow.expect(b"<f>");
}

#[test]
fn many_messages_of_one_call_come_all_and_in_order() {
    const MANY: &str = r#"
    function receive(chunk) {
        if (chunk[0] === 105) { subscribe("t"); return "in"; }
        for (let i = 0; i < 100; i++) publish("t", `${i} `);
    }
    function message(topic, data) { return data; }
    "#;
    let server = serve(&["-p", &plugin_file("many.js", MANY)]);
    let (mut one, mut other) = (Peer::connect(server.address), Peer::connect(server.address));
    one.send(b"i").expect(b"in");
    other.send(b"!");
    let all: String = (0..100).map(|number| format!("{number} ")).collect();
    one.expect(all.as_bytes());
}

#[test]
fn a_connection_that_was_sent_close_leaves_while_its_peer_still_has_it_open() {
    for server in serve_both_ways(&plugin_file("closing.js", ROOM), &[]) {
        let mut anna = enter(server.address, "anna", "");
        let mut last = enter(server.address, "last", "anna");
        anna.expect(b"+last\n");
        last.send(b"close").expect(b"closing\n").expect_end();
        anna.expect(b"room last: closed by-plugin\n-last\n");
        last.finish();
    }
}

#[test]
fn a_peer_that_has_finished_hears_nothing_more() {
    let server = serve(&["-p", &plugin_file("finished.js", ROOM)]);
    let mut anna = enter(server.address, "anna", "");
    let mut ben = Peer::connect(server.address);
    ben.send(b"ben").finish();
    assert_eq!(ben.rest(), b"with anna\n");
    anna.expect(b"+ben\n-ben\n");
}
