//! `eco load` against servers that are right, wrong at times, stalled, and gone.

mod client_time;
mod dialogues;
mod errors;
mod memory;
mod page;
mod results;
mod schedule;

use crate::harness::{Eco, Exited};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// The bytes of the built-in client's own message.
const MESSAGE: u64 = 42;

/// A server written in the test, with a thread for each connection, which is told its number.
fn server(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens");
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(number, stream));
        }
    });
    address
}

/// Echoes so many messages of the built-in client.
fn echo(stream: &mut TcpStream, messages: usize) {
    let mut message = [0; MESSAGE as usize];
    for _ in 0..messages {
        if stream.read_exact(&mut message).is_err() || stream.write_all(&message).is_err() {
            return;
        }
    }
}

fn load(to: SocketAddr, arguments: &[&str]) -> Exited {
    Eco::new(&["load", "--to", &to.to_string()])
        .args(arguments)
        .run(b"")
}

/// The figures of a run with `--json`, which must end with this code.
#[track_caller]
fn figures(to: SocketAddr, code: i32, arguments: &[&str]) -> Value {
    let exited = load(to, &[&["--json"], arguments].concat());
    assert_eq!(exited.code, code, "{}", exited.stderr);
    serde_json::from_slice(&exited.stdout).expect("one JSON object")
}

/// How many dialogues failed for this cause.
fn failed(figures: &Value, cause: &str) -> u64 {
    let mut errors = figures["errors"].as_array().expect("a list").iter();
    let found = errors.find(|error| error["cause"] == cause);
    found.map_or(0, |error| error["count"].as_u64().expect("a number"))
}
