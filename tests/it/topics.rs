//! Connections that hear each other: order, presence, mailboxes and their bounds.

use crate::guests::{empty_folder, samples};
use crate::harness::Eco;
use crate::support::{Peer, noise, plugin_file, project_file, serve, serve_both_ways};
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

#[test]
fn who_is_there_comes_and_goes_is_told_to_all_but_oneself_in_one_order() {
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

/// What `eco new --chat` makes, in each language.
#[test]
fn a_newcomer_has_a_chat_room_in_every_language() {
    for sample in samples() {
        let server = serve(&["-p", &sample.chat]);
        let mut anna = Peer::connect(server.address);
        anna.expect(b"Your name? ").send(b"an");
        anna.send(b"na\n").expect(b"You are the first.\n");
        let mut ben = Peer::connect(server.address);
        ben.expect(b"Your name? ").send(b"ben\nhi\n");
        ben.expect(b"Here: anna\n");
        anna.expect(b"ben comes\nben: hi\n");
        let mut cleo = Peer::connect(server.address);
        cleo.expect(b"Your name? ").send(b"cleo\n");
        assert!(["Here: anna, ben\n", "Here: ben, anna\n"].contains(&&*read_line(&mut cleo)));
        for peer in [&mut anna, &mut ben] {
            peer.expect(b"cleo comes\n");
        }
        let long = [&[b'x'; 5000][..], b"\n"].concat();
        anna.send(&long);
        let said = [b"anna: ", &long[..]].concat();
        for peer in [&mut ben, &mut cleo] {
            peer.expect(&said);
        }
        cleo.finish().expect_end();
        for peer in [&mut anna, &mut ben] {
            peer.expect(b"cleo goes\n");
        }
    }
}

/// A module as compilers make them, in a folder that eco builds.
#[test]
fn a_compiled_plugin_hears_and_keeps_and_knows_time() {
    let folder = empty_folder("relay");
    let relay = include_str!("../plugins/relay.wat");
    std::fs::write(folder.join("relay.wat"), relay).expect("it is written");
    let server = serve(&["-p", &folder.display().to_string()]);
    let mut peers: Vec<Peer> = (1..=3)
        .map(|number| {
            let mut peer = Peer::connect(server.address);
            peer.expect(number.to_string().as_bytes());
            peer
        })
        .collect();
    for turn in 0..100 {
        let said = noise(1000 + turn, turn as u64);
        let [first, second, third] = &mut peers[..] else {
            panic!("three")
        };
        first.send(&said);
        second.expect(&said);
        third.expect(&said);
    }
    peers[0].send(b"\n").expect(b"tick");
}

/// The chat room of the pages, in each script language.
#[test]
fn the_chat_rooms_of_the_pages_work_as_they_are_typed_in() {
    for (language, end, page) in [
        (
            "js",
            "js",
            include_str!("../../plugins/javascript/README.md"),
        ),
        ("lua", "lua", include_str!("../../plugins/lua/README.md")),
        (
            "python",
            "py",
            include_str!("../../plugins/python/README.md"),
        ),
        ("js", "js", include_str!("../../README.md")),
        ("js", "js", include_str!("../../README.es.md")),
    ] {
        if end == "py" && !samples().iter().any(|sample| sample.language == "python") {
            continue;
        }
        let fence = format!("```{language}\n");
        let fences = page.split(&fence).skip(1);
        let snippets = fences.filter_map(|rest| rest.split("```").next());
        let room: Vec<&str> = snippets
            .filter(|text| text.contains("A chat room"))
            .collect();
        assert_eq!(room.len(), 1, "{language}");
        let server = serve(&[
            "-p",
            &plugin_file(&format!("room-of-the-page.{end}"), room[0]),
        ]);
        let mut anna = Peer::connect(server.address);
        anna.expect(b"Your name? ")
            .send(b"anna\n")
            .expect(b"You are number 1");
        read_line(&mut anna);
        let mut ben = Peer::connect(server.address);
        ben.expect(b"Your name? ")
            .send(b"ben\n")
            .expect(b"You are number 2");
        read_line(&mut ben);
        anna.expect(b"ben comes\n").send(b"hello ben\n");
        ben.expect(b"anna: hello ben\n").send(b"hi\nhow are you\n");
        anna.expect(b"ben: hi\nben: how are you\n");
        ben.reset();
        anna.expect(b"ben goes\n");
        // A name that is empty is a name: nobody comes twice.
        let mut nobody = Peer::connect(server.address);
        nobody.expect(b"Your name? ").send(b"\n\nhi\n");
        nobody.expect(b"You are number 3");
        anna.expect(b" comes\n: \n: hi\n");
        let mut dora = Peer::connect(server.address);
        dora.expect(b"Your name? ").send(b"dora\n");
        dora.expect(b"You are number 4");
    }
}

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

fn read_line(peer: &mut Peer) -> String {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        std::io::Read::read_exact(&mut peer.0, &mut byte).expect("the server replies");
        line.push(byte[0]);
    }
    String::from_utf8(line).expect("it is text")
}

#[test]
fn who_does_not_read_holds_up_nobody_and_is_told_what_it_missed() {
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
fn who_was_sent_close_leaves_while_its_peer_still_has_the_connection_open() {
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

/// What each limit says to the script, and in the log.
#[test]
fn each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log() {
    const ASKS: &str = r#"
    function receive(chunk) {
        try {
            eval(new TextDecoder().decode(chunk));
            return "done";
        } catch (error) {
            return `${error.code}`;
        }
    }
    function message() {}
    "#;
    let path = plugin_file("asks.js", ASKS);
    for (flags, ask, code, limit) in [
        (
            ["--topics", "2"],
            "subscribe('a'); subscribe('b'); subscribe('a'); subscribe('c')",
            "too-many",
            "topics",
        ),
        (
            ["--members", "1"],
            "subscribe('a'); subscribe('a', 'b'); subscribe('b')",
            "too-many",
            "members",
        ),
        (
            ["--topic-size", "3"],
            "subscribe('abc'); subscribe('abcd')",
            "too-large",
            "topic-size",
        ),
        (
            ["--label-size", "3"],
            "subscribe('a', 'abc'); subscribe('a', 'abcd')",
            "too-large",
            "label-size",
        ),
        (
            ["--message-size", "3"],
            "publish('a', 'abc'); publish('a', 'abcd')",
            "too-large",
            "message-size",
        ),
        (
            ["--publish-rate", "3"],
            "for (let i = 0; i < 4; i++) publish('a', '')",
            "too-many",
            "publish-rate",
        ),
        (
            ["--publish-size", "5"],
            "publish('a', 'abcde'); publish('a', 'a')",
            "too-many",
            "publish-size",
        ),
        (
            // Nobody hears the first; the second has one hearer.
            ["--delivery-rate", "1"],
            "publish('a', ''); subscribe('a'); publish('a', ''); publish('a', '')",
            "too-many",
            "delivery-rate",
        ),
    ] {
        let server = serve(&["-p", &path, flags[0], flags[1]]);
        Peer::connect(server.address)
            .send(ask.as_bytes())
            .expect(code.as_bytes());
        server.logged(&["the plugin reached a limit", &format!("--{limit}")]);
    }
}

#[test]
fn who_has_no_function_for_who_comes_and_goes_is_not_told_and_misses_none() {
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

#[test]
fn what_waits_for_all_together_has_a_limit() {
    let server = serve(&[
        "-p",
        &plugin_file("waiting.js", ROOM),
        "--waiting-size",
        "2KiB",
    ]);
    let mut anna = enter(server.address, "anna", "");
    let mut ben = enter(server.address, "ben", "anna");
    anna.expect(b"+ben\n");
    ben.send(&[b'x'; 3000]).expect(b"said\n");
    anna.expect(b"missed 1\n");
    server.logged(&["--waiting-size"]);
}

#[test]
fn at_the_top_level_and_in_clients_there_is_none_of_it() {
    for call in [
        "subscribe('a')",
        "unsubscribe('a')",
        "publish('a', '')",
        "send('')",
        "store.get('a')",
        "setTimeout(() => {}, 1)",
    ] {
        let early = plugin_file("early.js", format!("\n{call};\nfunction receive() {{}}"));
        let exited = Eco::new(&["serve", "-p", &early]).run(b"");
        assert_eq!(exited.code, 65, "{}", exited.stderr);
        let said = "can't be called at the top level, which runs once for all connections";
        assert!(exited.stderr.contains(said), "{}", exited.stderr);
        assert!(exited.stderr.contains("early.js:2:"), "{}", exited.stderr);
        let client = format!("function start() {{\n{call};\n}}");
        let client = plugin_file("asking-client.js", client);
        let server = serve(&[]);
        let to = server.address.to_string();
        let exited = Eco::new(&["send", "-p", &client, "--to", &to]).run(b"");
        assert!(exited.code != 0, "{call}");
        let said = "is for plugins that serve, and this is a client";
        assert!(exited.stderr.contains(said), "{}", exited.stderr);
        assert!(
            exited.stderr.contains("asking-client.js:2:"),
            "{}",
            exited.stderr
        );
    }
}

#[test]
fn a_client_that_is_a_component_is_told_that_it_has_none_of_it() {
    let client =
        std::fs::read_to_string(project_file("tests/plugins/dialogue.wat")).expect("it is there");
    let import = r#"(component $plugin (import "eco:plugin/timer@0.1.0" (instance
        (export "set" (func (param "after" (option u64))))))"#;
    assert!(client.contains("(component $plugin"));
    let path = plugin_file(
        "timed-client.wat",
        client.replace("(component $plugin", import),
    );
    let said = "eco:plugin/timer@0.1.0 (it is for plugins that serve)";
    let sent = Eco::new(&["send", "-p", &path, "hello"]).run(b"");
    assert_eq!(sent.code, 65, "{}", sent.stderr);
    assert!(sent.stderr.contains(said), "{}", sent.stderr);
    let inspected = Eco::new(&["inspect", &path]).run(b"");
    let shown = inspected.text() + &inspected.stderr;
    assert!(shown.contains("it is for plugins that serve"), "{shown}");
}

#[test]
fn a_function_of_ones_own_that_has_the_name_of_an_event_is_warned_of() {
    let own = "function left(text) { return text.slice(1); }\nfunction receive() {}";
    serve(&["-p", &plugin_file("own-left.js", own)]).logged(&["own-left.js", "left", "subscribe"]);
}
