//! `eco send` against servers that are right, wrong, slow, and gone.

mod client_plugins;
mod failures;
mod messages;
mod output;

use crate::harness::{Eco, Exited};
use crate::support::project_file;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};

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

fn dialogue() -> String {
    project_file("tests/plugins/dialogue.wat")
}
