//! Programs on the client's side.

use super::{both, program};
use crate::harness::{Eco, Server};
use crate::support::{plugin_file, serve};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Sends a word, and exits with 1 unless what comes begins with the same letter.
fn asks() -> String {
    program(
        "word\\n",
        "(call $say (i32.const 5))
         (drop (call $read (i32.const 100)))
         (call $exit (i32.ne (i32.load8_u (i32.const 4096)) (i32.const 119)))",
    )
}

/// A server that greets.
fn greeter() -> Server {
    let module = program(
        "greeting\\n",
        "(call $say (i32.const 9)) (drop (call $read (i32.const 1)))",
    );
    serve(&["-p", &plugin_file("stdio-greets.wat", module)])
}

#[test]
fn a_program_that_is_a_client_says_by_its_exit_code_whether_the_server_was_right() {
    let (echo, other) = (serve(&[]), greeter());
    for path in both("asks", &asks()) {
        for (server, code) in [(&echo, 0), (&other, 1)] {
            let to = server.address.to_string();
            let sent = Eco::new(&["send", "--stdio", &path, "--to", &to]).run(b"");
            assert_eq!(sent.code, code, "{}", sent.stderr);
            assert_eq!(sent.stdout, b"");
        }
    }
    for (arguments, words) in [
        (&["--env", "A=1"][..], "echo is a plugin, which has neither"),
        (&["--stdio", "echo"], "echo is built in, and no program"),
    ] {
        let to = echo.address.to_string();
        let refused = Eco::new(&[&["send", "--to", &to], arguments].concat()).run(b"");
        assert_ne!(refused.code, 0);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
}

#[test]
fn a_load_of_programs_runs_one_for_each_dialogue_and_judges_by_its_exit_code() {
    let (echo, other) = (serve(&[]), greeter());
    for path in both("asks-often", &asks()) {
        let load = |server: &Server, arguments: &[&str]| {
            let to = server.address.to_string();
            let load = ["load", "--stdio", &path, "--to", &to, "--json"];
            Eco::new(&[&load, arguments].concat()).run(b"")
        };
        let loaded = load(&echo, &["-n", "60", "-c", "4", "--rate", "1000"]);
        assert_eq!(loaded.code, 0, "{}", loaded.stderr);
        let report: Value = serde_json::from_slice(&loaded.stdout).expect("it is JSON");
        for (name, total) in [
            ("dialogues", 60),
            ("turns", 60),
            ("connected", 60),
            ("sent", 300),
            ("received", 300),
        ] {
            assert_eq!(report[name]["total"], total, "{name}");
        }
        for times in ["turn", "dialogue", "connect"] {
            assert_eq!(report[times]["count"], 60, "{times}");
        }
        assert!(report["client"]["wait"]["count"].as_u64() > Some(0));
        let wrong = load(&other, &["-n", "3", "-c", "1"]);
        assert_eq!(wrong.code, 1);
        assert_eq!(
            wrong.stderr,
            "eco: 3 replies were wrong\nthe program exited with code 1\n"
        );
    }
}

#[test]
fn a_load_of_programs_waits_for_nobody_once_a_program_has_exited() {
    // Answers, and closes only when its client is gone.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let to = listener.local_addr().expect("it listens").to_string();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut word = [0; 5];
            stream.read_exact(&mut word).expect("a word");
            stream.write_all(&word).expect("it is taken");
            open.push(stream);
        }
    });
    let path = plugin_file("stdio-asks-once.wat", asks());
    let load = [
        "load", "--stdio", &path, "--to", &to, "-c", "2", "-d", "100ms",
    ];
    let loaded = Eco::new(&load).run(b"");
    assert_eq!(loaded.code, 0, "{}", loaded.stderr);
}

#[test]
fn a_load_of_programs_tells_a_trap_a_silence_and_a_program_that_does_nothing_apart() {
    // Takes what comes, and never answers.
    let silent = program("", "(loop $more (br_if $more (call $read (i32.const 9))))");
    let silent = serve(&["-p", &plugin_file("stdio-silent.wat", silent)]);
    let asks = asks();
    for (name, module, code, words) in [
        (
            "traps",
            program("", "unreachable"),
            65,
            "the program failed",
        ),
        (
            "asks-in-vain",
            asks,
            1,
            "the server sent nothing, or took nothing, for 50ms",
        ),
        ("idles", program("", ""), 64, "the program"),
    ] {
        let path = plugin_file(&format!("stdio-load-{name}.wat"), module);
        let to = silent.address.to_string();
        let load = ["load", "--stdio", &path, "--to", &to, "-n", "2", "-c", "1"];
        let ended = Eco::new(&[&load[..], &["--timeout", "50ms", "--json"]].concat()).run(b"");
        assert_eq!(ended.code, code, "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{name}: {}", ended.stderr);
        if name == "asks-in-vain" {
            // What failed has waited as well.
            let report: Value = serde_json::from_slice(&ended.stdout).expect("it is JSON");
            for times in ["turn", "dialogue"] {
                assert_eq!(report[times]["count"], 2, "{times}");
                assert!(report[times]["p50"].as_f64() > Some(50_000.0), "{report}");
            }
        }
    }
}

#[test]
fn a_program_that_only_waits_is_measured_and_one_whose_server_resets_blames_it() {
    let speaks = program("all\\n", "(call $say (i32.const 4))");
    let speaks = serve(&["-p", &plugin_file("stdio-speaks.wat", speaks)]);
    let waits = program("", "(loop $more (br_if $more (call $read (i32.const 9))))");
    let resets = program("", "(drop (call $read (i32.const 9))) unreachable");
    let resets = serve(&["-p", &plugin_file("stdio-resets.wat", resets)]);
    // It traps too, as it learns that the server is gone.
    let asks = program(
        "x",
        "(call $say (i32.const 1)) (drop (call $read (i32.const 9))) unreachable",
    );
    for (name, module, server, code, words) in [
        ("waits", waits, &speaks, 0, ""),
        ("is-reset", asks, &resets, 1, "the connection broke"),
    ] {
        let path = plugin_file(&format!("stdio-load-{name}.wat"), module);
        let to = server.address.to_string();
        let load = ["load", "--stdio", &path, "--to", &to, "-n", "2", "-c", "1"];
        for arguments in [&load[..], &["send", "--stdio", &path, "--to", &to]] {
            let ended = Eco::new(arguments).run(b"");
            assert_eq!(ended.code, code, "{name}: {}", ended.stderr);
            assert!(ended.stderr.contains(words), "{name}: {}", ended.stderr);
        }
    }
}
