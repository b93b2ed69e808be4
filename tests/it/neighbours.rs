//! What plugins make each other do: who causes it pays for it, and a neighbour is answered meanwhile.

use crate::support::{Peer, plugin_file, serve};

/// A connection that enters hears what is said, and takes some time for each. `?` says how much was heard by all.
const CROWD: &str = r#"
function receive(chunk) {
    const word = new TextDecoder().decode(chunk);
    if (word === "in") { subscribe("crowd"); return "."; }
    if (word === "say") {
        for (let i = 0; i < 20; i++) publish("crowd", "x");
        return "said\n";
    }
    return `${store.add("heard", 0)}\n`;
}
function message() {
    for (let i = 0; i < 2000; i++) ;
    store.add("heard", 1);
}
"#;

/// How much was heard, as the server says it.
fn heard(peer: &mut Peer) -> usize {
    peer.send(b"?");
    let mut said = String::new();
    while !said.ends_with('\n') {
        let mut byte = [0];
        std::io::Read::read_exact(&mut peer.0, &mut byte).expect("the server replies");
        said.push(char::from(byte[0]));
    }
    said.trim().parse().expect("a number")
}

#[test]
fn a_neighbour_is_answered_long_before_a_crowd_has_heard_all_that_was_said() {
    const MEMBERS: usize = 250;
    let plugin = plugin_file("crowd.js", CROWD);
    let server = serve(&["-p", &plugin, "--snapshot", "first"]);
    let crowd: Vec<_> = (0..MEMBERS)
        .map(|_| {
            let mut member = Peer::connect(server.address);
            member.send(b"in").expect(b".");
            member
        })
        .collect();
    let (mut speaker, mut neighbour) =
        (Peer::connect(server.address), Peer::connect(server.address));
    assert_eq!(heard(&mut neighbour), 0);
    speaker.send(b"say");
    while heard(&mut neighbour) == 0 {}
    // One who can't be overtaken by events would hear of nearly all of them by now.
    let early = (0..10).map(|_| heard(&mut neighbour)).last();
    assert!(early < Some(20 * MEMBERS / 2), "{early:?} were heard first");
    speaker.expect(b"said\n");
    while heard(&mut neighbour) < 20 * MEMBERS {}
    drop(crowd);
}

/// Sets its timer anew each time, as soon as it can be, and counts; `?` says how often in a second by its own clock.
const TIMERS: &str = r#"
let began = null, count = 0;
function again() {
    count += 1;
    setTimeout(again, 1);
    if (performance.now() - began < 1000) return undefined;
    const rate = count;
    began = performance.now();
    count = 0;
    return `${rate}\n`;
}
function receive() { began = performance.now(); setTimeout(again, 1); }
"#;

#[test]
fn a_timer_comes_a_hundred_times_in_a_second_at_most() {
    let server = serve(&["-p", &plugin_file("timers.js", TIMERS)]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"x");
    let mut rate = String::new();
    while !rate.ends_with('\n') {
        let mut byte = [0];
        std::io::Read::read_exact(&mut peer.0, &mut byte).expect("the server replies");
        rate.push(char::from(byte[0]));
    }
    let rate: usize = rate.trim().parse().expect("a number");
    assert!(rate > 0 && rate <= 101, "{rate} times in a second");
}
