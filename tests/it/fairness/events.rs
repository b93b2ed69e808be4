//! Events that plugins cause at each other: the cause pays, and a neighbour is answered meanwhile.

#[cfg(target_os = "linux")]
use crate::support::handler;
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
    number(peer)
}

/// The number that comes on a line.
fn number(peer: &mut Peer) -> usize {
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
    let rate = number(&mut peer);
    assert!(rate > 0 && rate <= 101, "{rate} times in a second");
}

/// Works for some milliseconds at `!`, and gives back anything else.
#[cfg(target_os = "linux")]
const WORKS: &str = r#"(memory (export "memory") 2)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
  (func (export "receive") (param $at i32) (param $length i32) (result i32)
    (local $left i32)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33))
      (then
        (local.set $left (i32.const 40000000))
        (loop $more
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $more (local.get $left)))))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (i32.const 0))"#;

/// Of one address all are alike, and have their turns as they come.
#[cfg(target_os = "linux")]
#[test]
fn a_neighbour_is_answered_among_calls_that_come_at_once() {
    const MANY: usize = 400;
    let plugin = plugin_file("works-at-once.wat", handler(WORKS, ""));
    let server = serve(&["-p", &plugin]);
    let mut crowd: Vec<_> = (0..MANY)
        .map(|_| Peer::connect_from([127, 0, 0, 2], server.address))
        .collect();
    let mut neighbour = Peer::connect(server.address);
    neighbour.send(b"hello").expect(b"hello");
    // The time of their calls is known by then.
    for member in crowd.iter_mut().take(10) {
        member.send(b"!").expect(b"!");
    }
    for member in &mut crowd {
        member.send(b"!");
    }
    // How many have their answers.
    let answered = || {
        let answered = crowd.iter().filter(|member| {
            let stream = &member.0;
            stream.set_nonblocking(true).expect("a socket has options");
            stream.peek(&mut [0]).is_ok()
        });
        answered.count()
    };
    let before = answered();
    neighbour.send(b"hello").expect(b"hello");
    let (after, left) = (answered(), MANY - before);
    assert!(left > MANY / 4, "only {left} were left to go first");
    assert!(
        after - before < left / 2,
        "{} of {left} went first",
        after - before
    );
}

/// At each message some work, and a message to the partner.
const PING_PONG: &str = r#"
let partner = null;
function receive(chunk) {
    const word = new TextDecoder().decode(chunk);
    if (!word.startsWith("pair ")) return chunk;
    const [, own, other] = word.split(" ");
    partner = other;
    subscribe(own);
    publish(partner, "x");
    return ".";
}
function message() {
    for (let i = 0; i < 30000; i++) ;
    try { publish(partner, "x"); } catch {}
}
"#;

#[test]
fn a_newcomer_is_answered_while_others_of_its_address_make_each_other_work() {
    let plugin = plugin_file("ping-pong.js", PING_PONG);
    let server = serve(&["-p", &plugin, "--snapshot", "first"]);
    let crowd: Vec<_> = (0..40)
        .map(|number| {
            let mut member = Peer::connect(server.address);
            let pair = format!("pair {number} {}", number ^ 1);
            member.send(pair.as_bytes()).expect(b".");
            member
        })
        .collect();
    for _ in 0..5 {
        Peer::connect(server.address)
            .send(b"hello")
            .expect(b"hello");
    }
    drop(crowd);
}
