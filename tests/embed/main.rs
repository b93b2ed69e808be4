//! The examples of eco-host, each as the program that it is: started, talked to, and told to stop.
//!
//! `cargo test --package eco-host` builds them first; with `--test` it builds what is named alone.

#![allow(clippy::panic, reason = "a test that fails panics")]

mod program;
mod talk;
mod tls_client;

use program::Program;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use talk::{converse, converse_from_another_address, expect, read, talk};
use tls_client::TlsClient;

#[test]
fn a_script_from_memory_answers_a_socket() {
    let program = Program::start("script", &[]);
    assert_eq!(converse(program.address(), b"shout\n"), "SHOUT\n");
    let summary = program.interrupt().concat();
    assert!(summary.contains("served: 1"), "{summary}");
}

#[test]
fn tcp_and_a_unix_socket_have_a_plugin_each() {
    let program = Program::start("unix", &[]);
    assert_eq!(converse(program.address(), b"echo"), "echo");
    let mut unix = UnixStream::connect(program.place()).expect("it listens");
    unix.write_all(b"stressed").expect("it is open");
    unix.shutdown(Shutdown::Write).expect("it is open");
    assert_eq!(read(unix), "desserts");
    program.interrupt();
}

#[test]
fn the_name_that_a_tls_client_asks_for_chooses_the_plugin() {
    let program = Program::start("tls", &[]);
    let address = program.address();
    let certificate = program.lines_until(|line| line.contains("END CERTIFICATE"));
    let tls = TlsClient::new(&certificate.join("\n"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // More than a socket's buffers hold: whatever the transport keeps must be flushed.
    let much = "Abc".repeat(400_000);
    runtime.block_on(async {
        assert_eq!(tls.converse(address, "upper.localhost", "Abc").await, "ABC");
        assert_eq!(tls.converse(address, "lower.localhost", "Abc").await, "abc");
        let came = tls.converse(address, "lower.localhost", &much).await;
        assert!(came == much.to_lowercase(), "{} bytes came", came.len());
        // Without a session the connection ends before a byte.
        assert_eq!(tls.converse(address, "other.localhost", "Abc").await, "");
    });
    program.interrupt();
}

#[test]
fn a_connection_keeps_its_version_when_the_plugin_is_swapped() {
    let mut program = Program::start("swap", &[]);
    let address = program.address();
    let mut early = TcpStream::connect(address).expect("it listens");
    talk(&mut early, b"a");
    expect(&mut early, "a");
    let upper = "function receive(chunk) return chunk:upper() end\n";
    program.stdin.write_all(upper.as_bytes()).expect("it reads");
    assert_eq!(program.line(), "version 2");
    talk(&mut early, b"b");
    expect(&mut early, "b");
    assert_eq!(converse(address, b"c"), "C");
    program
        .stdin
        .write_all(b"function receive(\n")
        .expect("it reads");
    let refused = program.line();
    assert!(
        refused.starts_with("not loaded, the old version stays: "),
        "{refused}"
    );
    assert_eq!(converse(address, b"d"), "D");
}

#[test]
fn one_closure_chooses_between_a_plugin_and_rust() {
    let program = Program::start("session", &[]);
    let address = program.address();
    assert_eq!(converse(address, b"echo"), "echo");
    assert_eq!(
        converse_from_another_address(address, b"12345"),
        "5 bytes\n"
    );
    program.interrupt();
}

#[test]
fn what_happens_is_told_as_types() {
    let program = Program::start("observe", &[]);
    assert_eq!(program.line(), "loaded log.lua, version 1");
    assert_eq!(converse(program.address(), b"four"), "four");
    let lines = program.lines_until(|line| line.contains("after 4 bytes"));
    assert_eq!(
        lines,
        [
            "1: opened",
            "1: says \"got 4\"",
            "1: receive returned",
            "1: end-of-input returned",
            "1: closed returned",
            "1: ended after 4 bytes",
        ]
    );
    program.interrupt();
}

/// Calls lie within their connection, and that in the span that the server was started in; also where a call was slow, and
/// went on in another thread.
#[test]
fn connections_and_calls_are_spans_whatever_thread_they_are_in() {
    let program = Program::start("spans", &[]);
    assert_eq!(converse(program.address(), b"slow"), "slow");
    let lines = program.lines_until(|line| line.starts_with("connection"));
    let (service, connection) = ("in service name=\"log\"", "connection connection=1");
    let version = format!("{connection} version=1");
    let said = lines.iter().find(|line| line.contains("plugin: \"got 4\""));
    let said = said.expect("the plugin's line");
    let around = format!(" in call function=\"receive\" in {version} {service} on eco-background");
    assert!(said.ends_with(&around), "{said}");
    let took = |line: &str| {
        let (span, time) = line.split_once(" took ").expect("it has a time");
        assert!(time.ends_with('s'), "{line}");
        span.to_owned()
    };
    let calls = lines.iter().filter(|line| line.starts_with("call"));
    let calls: Vec<_> = calls.map(|line| took(line)).collect();
    let call = |name| format!("call function=\"{name}\" in {version} {service}");
    assert_eq!(calls, ["receive", "end-of-input", "closed"].map(call));
    let slow = lines
        .iter()
        .find(|line| line.contains("receive") && line.starts_with("call"));
    let slow = slow
        .and_then(|line| line.split_once(" took "))
        .expect("it is there")
        .1;
    assert!(slow.ends_with("ms") || !slow.ends_with("µs"), "{slow}");
    assert_eq!(
        took(lines.last().expect("it is there")),
        format!("{version} {service}")
    );
    program.interrupt();
}

#[test]
fn a_function_of_the_program_is_called_by_a_script_and_by_a_component() {
    let component = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/embed/kv.wat");
    let program = Program::start("import", &[component]);
    let (script, component) = (program.address(), program.address());
    assert_eq!(converse(script, b"get color"), "nothing\n");
    assert_eq!(converse(component, b"color"), "");
    assert_eq!(converse(script, b"set color blue"), "ok\n");
    assert_eq!(converse(script, b"get color"), "blue\n");
    assert_eq!(converse(component, b"color"), "blue");
    program.interrupt();
}

#[test]
fn a_plugin_is_a_function_without_a_socket() {
    let program = Program::start("function", &[]);
    assert_eq!(program.line(), "desserts");
    let broken = program.line();
    assert!(
        broken.starts_with("the plugin broke its budget: "),
        "{broken}"
    );
    assert_eq!(program.line(), "niaga");
    let usage = program.line();
    assert!(usage.starts_with("Some(Usage { memory: "), "{usage}");
    assert_eq!(program.rest(), [""; 0]);
}

#[test]
fn the_host_reads_writes_speaks_and_hears_what_plugins_share() {
    let mut program = Program::start("state", &[]);
    let mut guest = TcpStream::connect(program.address()).expect("it listens");
    expect(&mut guest, "welcome\n");
    assert_eq!(program.line(), "guest comes");
    talk(&mut guest, b"hello\n");
    assert_eq!(program.line(), "guest: hello");
    expect(&mut guest, "host: heard\n");
    talk(&mut guest, b"bye\n");
    assert_eq!(program.line(), "guest: bye");
    assert!(program.child.wait().expect("it ends").success());
}
