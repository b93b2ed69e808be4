//! Topics in every language, in chat rooms as a newcomer makes them, and where there are none.

use crate::harness::Eco;
use crate::state::topics::read_line;
use crate::support::samples::samples;
use crate::support::{Peer, empty_folder, noise, plugin_file, project_file, serve};

/// The chat room of `eco new --chat`, in each language.
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
    let relay = include_str!("../../../plugins/relay.wat");
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
            include_str!("../../../../plugins/javascript/README.md"),
        ),
        (
            "lua",
            "lua",
            include_str!("../../../../plugins/lua/README.md"),
        ),
        (
            "python",
            "py",
            include_str!("../../../../plugins/python/README.md"),
        ),
        ("js", "js", include_str!("../../../../README.md")),
        ("js", "js", include_str!("../../../../README.es.md")),
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
fn functions_for_servers_are_refused_at_the_top_level_and_in_clients() {
    for call in [
        "subscribe('a')",
        "unsubscribe('a')",
        "publish('a', '')",
        "send('')",
        "store.get('a')",
        "setTimeout(() => {}, 1)",
        "peerDetails()",
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
fn functions_for_servers_are_refused_in_a_client_that_is_a_component() {
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
