//! `eco send` against servers that are right, wrong, slow, and gone.

use crate::harness::{Eco, Exited, assert_same};
use crate::support::{noise, plugin_file, project_file, serve, terminal};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

const MESSAGE: &[u8] = b"This is the message.  It will be repeated.";

/// A server for one connection, written in the test. It is gone with its thread.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            serve(stream);
        }
    });
    address
}

fn send(to: SocketAddr, arguments: &[&str], input: &[u8]) -> Exited {
    Eco::new(&["send", "--to", &to.to_string()])
        .args(arguments)
        .run(input)
}

/// Reads the message of the course.
fn read_message(stream: &mut TcpStream) -> [u8; 42] {
    let mut message = [0; 42];
    stream
        .read_exact(&mut message)
        .expect("the client sends it");
    message
}

#[track_caller]
fn assert_said(exited: &Exited, code: i32, words: &[&str]) {
    assert_eq!(exited.code, code, "{}", exited.stderr);
    for word in words {
        assert!(
            exited.stderr.contains(word),
            "{word:?} is missing in\n{}",
            exited.stderr
        );
    }
}

#[test]
fn the_reply_is_printed_byte_for_byte_and_nothing_else() {
    let eco = serve(&["-q"]);
    let exited = send(eco.address, &["hello"], b"");
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"hello");
    assert_eq!(exited.stderr, "");
}

#[test]
fn without_a_message_it_is_the_one_of_the_course() {
    let eco = serve(&["-q"]);
    assert_same(&send(eco.address, &[], b"").stdout, MESSAGE);
}

#[test]
fn the_message_comes_from_stdin_or_a_file_too() {
    let eco = serve(&["-q"]);
    let bytes: Vec<u8> = (0..=255).collect();
    assert_same(&send(eco.address, &["-"], &bytes).stdout, &bytes);
    let path = plugin_file("message.bin", &bytes);
    assert_same(&send(eco.address, &["--file", &path], b"").stdout, &bytes);
    assert_same(&send(eco.address, &["--", "-v"], b"").stdout, b"-v");
    let empty = send(eco.address, &["-"], b"");
    assert_said(&empty, 0, &[]);
    assert_same(&empty.stdout, b"");
}

#[test]
fn verbose_tells_the_story_as_the_course_does() {
    let eco = serve(&["-q"]);
    let exited = send(eco.address, &["-v"], b"");
    let address = format!("connected to {}", eco.address);
    let words = [
        address.as_str(),
        "sending \"This is the message.",
        "received \"This is the message.",
    ];
    assert_said(&exited, 0, &words);
}

/// The server of the course: 16 bytes at a time, read and written in turn.
fn in_turn(mut stream: TcpStream) {
    let mut buffer = [0; 16];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        if stream
            .write_all(buffer.get(..length).unwrap_or_default())
            .is_err()
        {
            return;
        }
    }
}

#[test]
fn it_gets_along_with_the_server_of_the_course() {
    let exited = send(server(in_turn), &["-v"], b"");
    assert_said(&exited, 0, &["received"]);
    assert_same(&exited.stdout, MESSAGE);
}

#[test]
fn sixty_four_mebibytes_through_a_server_that_reads_and_writes_in_turn_do_not_hang() {
    let address = server(|mut stream| {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            let echoed = stream.write_all(buffer.get(..length).unwrap_or_default());
            if echoed.is_err() {
                return;
            }
        }
    });
    let message = noise(64 << 20, 8);
    let exited = send(address, &["-"], &message);
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, &message);
}

#[test]
fn a_wrong_byte_is_found_and_shown() {
    let address = server(|mut stream| {
        let mut message = read_message(&mut stream);
        message[22] = b'i';
        stream.write_all(&message).expect("the client reads");
    });
    let exited = send(address, &[], b"");
    let words = [
        "wrong reply: the reply differs from the message, at byte 22 of 42",
        "00000010",
        "^^",
        "|age.  it will be|",
    ];
    assert_said(&exited, 1, &words);
}

#[test]
fn too_few_bytes_before_fin_are_counted() {
    let address = server(|mut stream| {
        read_message(&mut stream);
        stream.write_all(b"This is th").expect("the client reads");
    });
    let exited = send(address, &[], b"");
    assert_said(
        &exited,
        1,
        &["10 of 42 expected bytes came, then the server closed the connection"],
    );
    assert_same(&exited.stdout, b"This is th");
}

#[test]
fn a_server_that_closes_at_once_is_no_success() {
    let address = server(drop);
    assert_eq!(send(address, &[], b"").code, 1);
}

#[test]
fn bytes_beyond_the_expected_ones_are_reported() {
    for late in [false, true] {
        let address = server(move |mut stream| {
            let message = read_message(&mut stream);
            stream.write_all(&message).expect("the client reads");
            if late {
                // The client has said that it is done.
                assert_eq!(stream.read(&mut [0]).expect("FIN"), 0);
            }
            stream.write_all(b"\x1b[2J!").expect("the client reads");
            stream.shutdown(Shutdown::Write).expect("it is open");
        });
        let exited = send(address, &[], b"");
        assert_said(
            &exited,
            1,
            &["5 bytes came beyond what was expected: \"\\x1b[2J!\""],
        );
        assert_same(&exited.stdout, MESSAGE);
    }
}

#[test]
fn a_server_that_says_nothing_runs_into_the_timeout() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let address = server(move |mut stream| {
        read_message(&mut stream);
        stream.write_all(b"This").expect("the client reads");
        let _ = wait.recv();
    });
    let exited = send(address, &["--timeout", "200ms"], b"");
    assert_said(
        &exited,
        1,
        &["4 of 42 expected bytes came", "200ms", "--timeout"],
    );
    drop(done);
}

#[test]
fn a_reset_in_the_middle_is_told() {
    let address = server(|stream| {
        // Closed with the message unread: a reset.
        let mut byte = [0];
        (&stream).read_exact(&mut byte).expect("the client sends");
    });
    assert_said(
        &send(address, &[], b""),
        1,
        &["0 of 42 expected bytes came", "the connection broke"],
    );
}

#[test]
fn where_nobody_listens_it_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens");
    drop(listener);
    let words = [
        &format!("cannot connect to {address}"),
        "refused",
        "eco serve",
    ];
    assert_said(&send(address, &[], b""), 69, &words);
}

#[test]
fn a_name_without_an_address_is_no_question_of_a_server() {
    // Longer than a part of a name may be, so that nobody is asked for it.
    let to = format!("{}:7", "x".repeat(64));
    for command in ["send", "load"] {
        let exited = Eco::new(&[command, "--to", &to]).run(b"");
        let words = [&format!("cannot connect to {to}"), "Is the name right?"];
        assert_said(&exited, 69, &words);
        assert!(!exited.stderr.contains("eco serve"), "{}", exited.stderr);
    }
}

#[test]
fn where_the_built_in_client_finds_no_echo_it_says_what_it_expects() {
    let words = ["The built-in client expects", "with -p", "--client"];
    let greeting = |mut stream: TcpStream| {
        stream
            .write_all(b"220 ready\r\n")
            .expect("the client reads");
        let _ = stream.read(&mut [0; 5]);
    };
    assert_said(&send(server(greeting), &["hello"], b""), 1, &words);
    // One that knows better is told of the reply alone.
    let exited = send(server(greeting), &["-p", &dialogue()], b"");
    assert_said(&exited, 1, &["no whole reply"]);
    assert!(!exited.stderr.contains(words[0]), "{}", exited.stderr);
}

/// What a terminal shows that is both stdout and stderr.
fn all_on_a_terminal(to: SocketAddr, message: &str) -> String {
    let (far, shown) = terminal();
    let near = far.try_clone().expect("it can be shared");
    let mut child = std::process::Command::new(crate::harness::binary())
        .args(["send", "--to", &to.to_string(), message])
        .env("NO_COLOR", "1")
        .stdout(near)
        .stderr(far)
        .spawn()
        .expect("eco starts");
    child.wait().expect("it ends");
    shown.join().expect("no panic")
}

#[test]
fn on_a_terminal_what_follows_a_reply_begins_its_own_line() {
    let address = server(|mut stream| {
        let _ = stream.read(&mut [0; 5]);
        stream.write_all(b"HELLO").expect("the client reads");
    });
    let shown = all_on_a_terminal(address, "hello");
    assert!(shown.starts_with("HELLO\r\neco: wrong reply"), "{shown:?}");
    let eco = serve(&["-q"]);
    assert_eq!(all_on_a_terminal(eco.address, "hello"), "hello\r\n");
    assert_eq!(all_on_a_terminal(eco.address, "hello\n"), "hello\r\n");
}

#[test]
fn a_reply_of_exactly_the_budget_is_taken_and_one_byte_more_is_not() {
    let welcome = || {
        server(|mut stream| {
            stream.write_all(b"welcome\npong\n").expect("it reads");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
            let _ = stream.write_all(b"bye");
        })
    };
    let exited = send(welcome(), &["-p", &dialogue(), "--reply", "8"], b"");
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"welcome\npong\nbye");
    let exited = send(welcome(), &["-p", &dialogue(), "--reply", "7"], b"");
    assert_said(&exited, 1, &["a reply may have 7 B", "--reply"]);
}

#[test]
fn a_message_over_the_budget_is_refused_before_anything_is_sent() {
    let (tell, told) = std::sync::mpsc::channel();
    let address = server(move |_| tell.send(()).expect("the test waits"));
    let refused = send(address, &["--reply", "1KiB", "-"], &[b'x'; 1025]);
    assert_said(
        &refused,
        64,
        &["larger than 1.0 KiB", "--reply", "nothing was sent"],
    );
    assert!(told.try_recv().is_err(), "it connected");
    let exact = serve(&["-q"]);
    assert_eq!(
        send(exact.address, &["--reply", "1KiB", "-"], &[b'x'; 1024]).code,
        0
    );
}

#[test]
fn what_cannot_be_sent_is_usage_and_what_cannot_be_run_a_bad_plugin() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let missing = send(nowhere, &["--file", "no-such-file"], b"");
    assert_said(
        &missing,
        64,
        &["cannot read the message from no-such-file", "No such file"],
    );
    assert_said(
        &send(nowhere, &["--file", "x", "and a message"], b""),
        64,
        &["cannot be used with"],
    );
    assert_said(
        &send(nowhere, &["--plugin", "no-such-plugin"], b""),
        65,
        &["no-such-plugin"],
    );
    let server_plugin = plugin_file("no-client.wat", include_str!("../../plugins/echo/echo.wat"));
    assert_said(
        &send(nowhere, &["-p", &server_plugin], b""),
        65,
        &["expected: eco:plugin/client@0.1.0"],
    );
}

#[test]
fn a_client_plugin_is_sandboxed_too() {
    let echo = include_str!("../../plugins/echo-client/echo-client.wat");
    let start = "(i32.store8 (i32.const 0) (i32.const 0))\n      (i32.store (i32.const 8)";
    let looping = echo.replace(start, &format!("(loop $l (br $l)) {start}"));
    assert_ne!(looping, echo);
    let path = plugin_file("looping-client.wat", looping);
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    assert_said(
        &send(nowhere, &["-p", &path, "--cpu", "100ms"], b""),
        65,
        &["processor time per call, 100ms", "--cpu"],
    );
    assert_said(
        &send(nowhere, &["--memory", "64KiB", "-"], &noise(100_000, 9)),
        65,
        &["memory per instance", "--memory"],
    );
}

fn dialogue() -> String {
    project_file("tests/plugins/dialogue.wat")
}

#[test]
fn a_dialogue_of_several_turns_reads_as_far_as_each_turn_says() {
    let address = server(|mut stream| {
        // The greeting and half of what comes next in one piece: the rest must be kept.
        stream.write_all(b"welcome\npo").expect("the client reads");
        let mut ping = [0; 5];
        stream.read_exact(&mut ping).expect("the client sends");
        assert_same(&ping, b"ping\n");
        stream.write_all(b"ng\n").expect("the client reads");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("FIN");
        assert_same(&rest, b"quiet\nbye\n");
        stream.write_all(b"the end").expect("the client reads");
    });
    let exited = send(address, &["-p", &dialogue()], b"");
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"welcome\npong\nthe end");
}

#[test]
fn a_reply_that_the_plugin_calls_wrong_is_shown_with_its_reason_escaped() {
    let address = server(|mut stream| {
        stream
            .write_all(b"welcome\nplop\n")
            .expect("the client reads");
        let _ = stream.read(&mut [0; 5]);
    });
    let exited = send(address, &["-p", &dialogue()], b"");
    assert_said(
        &exited,
        1,
        &["wrong reply: this is no pong\\x1b[2J", "|plop.|"],
    );
}

#[test]
fn a_reply_without_its_end_says_which_end() {
    let address = server(|mut stream| stream.write_all(b"welcome").expect("the client reads"));
    let exited = send(address, &["-p", &dialogue()], b"");
    assert_said(
        &exited,
        1,
        &["7 bytes came, without the \"\\n\" that ends the reply"],
    );
}

#[test]
fn a_signal_interrupts_it() {
    let (tell, told) = std::sync::mpsc::channel();
    let address = server(move |mut stream| {
        read_message(&mut stream);
        let _ = tell.send(());
        let _ = stream.read(&mut [0]);
    });
    let mut command = std::process::Command::new(crate::harness::binary());
    let mut child = command
        .args(["send", "--to", &address.to_string()])
        .spawn()
        .expect("eco starts");
    told.recv().expect("it sends");
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(pid.expect("a number"), rustix::process::Signal::INT)
        .expect("it runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

/// What a run shows on a terminal that is its stderr.
fn on_a_terminal(message: &[u8]) -> String {
    let eco = serve(&["-q"]);
    let (far, shown) = terminal();
    let to = eco.address.to_string();
    let exited = Eco::new(&["send", "--to", &to, "-"])
        .stderr(far)
        .run(message);
    assert_same(&exited.stdout, message);
    shown.join().expect("no panic")
}

#[test]
fn a_long_transfer_shows_a_progress_bar_on_a_terminal_and_only_there() {
    let shown = on_a_terminal(&noise(32 << 20, 10));
    assert!(shown.contains("MiB") && shown.contains('/'), "{shown:?}");
    assert_eq!(on_a_terminal(b"short"), "");
    let eco = serve(&["-q"]);
    assert_eq!(send(eco.address, &["-"], &noise(32 << 20, 11)).stderr, "");
}

#[test]
fn a_reader_of_stdout_that_goes_away_does_not_change_the_verdict() {
    let eco = serve(&["-q"]);
    let mut command = std::process::Command::new(crate::harness::binary());
    let path = plugin_file("long.bin", noise(4 << 20, 12));
    let mut child = command
        .args(["send", "--to", &eco.address.to_string(), "--file", &path])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("eco starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_message_is_sent_whole_though_nobody_wants_the_reply() {
    // It expects nothing, while the server echoes: the echo must be read, or neither gets on.
    let echo = include_str!("../../plugins/echo-client/echo-client.wat");
    let deaf = echo.replace(
        "(i32.store8 (i32.const 16) (i32.const 0))",
        "(i32.store8 (i32.const 16) (i32.const 3))",
    );
    assert_ne!(deaf, echo);
    let eco = serve(&["-q"]);
    let exited = send(
        eco.address,
        &["-p", &plugin_file("deaf.wat", deaf), "-"],
        &noise(64 << 20, 14),
    );
    assert_said(&exited, 1, &["bytes came beyond what was expected"]);
}

#[test]
fn a_stdout_that_nobody_reads_does_not_keep_it_from_its_timeout() {
    let eco = serve(&["-q"]);
    let path = plugin_file("stuck.bin", noise(4 << 20, 15));
    let mut child = std::process::Command::new(crate::harness::binary())
        .args([
            "send",
            "--timeout",
            "300ms",
            "--to",
            &eco.address.to_string(),
            "--file",
            &path,
        ])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("eco starts");
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}

#[test]
fn what_looks_like_a_flag_is_not_sent() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    assert_said(&send(nowhere, &["--verbos"], b""), 64, &["--verbose"]);
    assert_said(&send(nowhere, &["-x"], b""), 64, &["unexpected argument"]);
    assert_said(
        &send(nowhere, &["-p", "-", "-"], b""),
        64,
        &["can't both come from stdin"],
    );
}

#[test]
fn a_budget_without_end_has_no_end() {
    let eco = serve(&["-q"]);
    let exited = send(
        eco.address,
        &["--reply", "18446744073709551615", "-"],
        b"abc",
    );
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"abc");
}

#[test]
fn a_stdout_that_fails_is_not_the_servers_fault() {
    let eco = serve(&["-q"]);
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it");
    let output = std::process::Command::new(crate::harness::binary())
        .args(["send", "--to", &eco.address.to_string(), "hello"])
        .stdout(full)
        .output()
        .expect("eco starts");
    assert_eq!(output.status.code(), Some(70));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the reply to stdout"));
}
