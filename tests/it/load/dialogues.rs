//! Dialogues of several turns, and clients that are plugins.

use crate::load::{echo, figures, load, server};
use crate::support::{plugin_file, project_file, serve};
use std::io::{Read as _, Write as _};

#[test]
fn a_server_that_closes_after_each_dialogue_wants_new_connections() {
    let closing = || server(|_, mut stream| echo(&mut stream, 1));
    let exited = load(closing(), &["-n", "4", "-c", "1"]);
    assert_eq!(exited.code, 1);
    assert!(
        exited.stderr.contains("wants --reconnect"),
        "{}",
        exited.stderr
    );
    let figures = figures(closing(), 0, &["-n", "4", "-c", "1", "--reconnect"]);
    assert_eq!(figures["connected"]["total"], 4);
}

#[test]
fn dialogues_of_several_turns_are_held_turn_by_turn() {
    let dialogue = project_file("tests/plugins/dialogue.wat");
    let address = server(|_, mut stream| {
        let _ = stream.write_all(b"welcome\npo");
        let _ = stream.read_exact(&mut [0; 5]);
        let _ = stream.write_all(b"ng\n");
        let _ = stream.read_to_end(&mut Vec::new());
        let _ = stream.write_all(b"the end");
    });
    let arguments = ["-p", &dialogue, "-n", "30", "-c", "3"];
    let figures = figures(address, 0, &arguments);
    assert_eq!(figures["dialogues"]["total"], 30);
    let turns = figures["turns"]["total"].as_u64().expect("a number");
    assert!(turns > 30 && turns.is_multiple_of(30), "{turns} turns");
    // It reads to the server's FIN, so that each dialogue has a connection of its own.
    assert_eq!(figures["connected"]["total"], 30);
}

#[test]
fn a_script_is_a_client_too_and_has_a_state_of_its_own_in_each_dialogue() {
    let script = "let turns = 0;
        function start(message) { return { send: message, exactly: message.length }; }
        function replied(reply) { if (++turns < 3) return { send: reply, exactly: reply.length }; }";
    let path = plugin_file("thrice.js", script);
    let eco = serve(&["-q"]);
    let figures = figures(eco.address, 0, &["abc", "-p", &path, "-n", "20", "-c", "2"]);
    assert_eq!(figures["dialogues"]["total"], 20);
    assert_eq!(figures["turns"]["total"], 60);
}

#[test]
fn a_dialogue_that_is_too_long_to_remember_is_held_all_the_same() {
    let eco = serve(&["-q", "--chunk-size", "1MiB"]);
    let arguments = ["--size", "20MiB", "-n", "2", "-c", "1"];
    let figures = figures(eco.address, 0, &arguments);
    assert_eq!(figures["received"]["total"], 40 << 20);
}

#[test]
fn a_load_that_sends_nothing_and_waits_for_nothing_is_refused() {
    let idle = "let turns = 0;
        function start() { return {}; }
        function replied() { if (++turns < 3) return {}; }";
    let idle = plugin_file("idle-client.js", idle);
    let eco = serve(&["-q"]);
    for arguments in [
        &["", "-c", "2"][..],
        // Of stdin, where there is nothing.
        &["-", "--rate", "5", "--json"],
        &["", "--reconnect"],
        &["-p", &idle, "-c", "2"],
        &["-p", &idle, "--rate", "5"],
    ] {
        let exited = load(eco.address, arguments);
        assert_eq!(exited.code, 64, "{arguments:?}: {}", exited.stderr);
        let words = "nothing sent is nothing measured";
        assert!(exited.stderr.contains(words), "{}", exited.stderr);
        assert_eq!(exited.text(), "");
    }
}

/// It reads what the server says by itself, which is a load.
#[test]
fn a_client_that_sends_nothing_and_reads_what_comes_is_measured() {
    let reader = "function start() { return { exactly: 5 }; }";
    let reader = plugin_file("reading-client.js", reader);
    let address = server(|_, mut stream| {
        let _ = stream.write_all(b"hello");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let figures = figures(
        address,
        0,
        &["-p", &reader, "-n", "20", "-c", "2", "--reconnect"],
    );
    assert_eq!(figures["dialogues"]["total"], 20);
    assert_eq!(figures["received"]["total"], 100);
    assert_eq!(figures["dialogue"]["count"], 20);
}
