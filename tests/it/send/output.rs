//! The output: terminals, pipes that nobody reads, signals.

use crate::harness::{Eco, assert_same};
use crate::send::{assert_said, read_message, send, server};
use crate::support::{noise, plugin_file, serve, terminal};
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

/// The screen of a terminal that is both stdout and stderr.
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

/// The screen of a terminal that is a run's stderr.
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
    let echo = include_str!("../../../plugins/echo-client/echo-client.wat");
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
