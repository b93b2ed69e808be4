//! What an operator sees by HTTP: `eco serve --admin`.

mod health;
mod hostile;
mod live;
mod metrics;
mod page;
mod prometheus;
mod reload;
mod under_way;

use crate::harness::Server;
use crate::support::Peer;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Nothing that works takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer of HTTP.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// Where the figures of a server are, whose next line says it.
#[track_caller]
fn admin_of(server: &mut Server) -> SocketAddr {
    page_of(server).0
}

/// The same, with the token for all else.
#[track_caller]
fn page_of(server: &mut Server) -> (SocketAddr, String) {
    let line = server.line();
    let address = line.strip_prefix("admin on http://").unwrap_or_default();
    let parts = address.split_once("/#token=");
    let (address, token) = parts.unwrap_or_else(|| panic!("{line}"));
    let address = address.parse().unwrap_or_else(|_| panic!("{line}"));
    (address, token.to_owned())
}

/// The address of a line `listening on ADDRESS (...)`.
#[track_caller]
fn listened_on(line: &str) -> SocketAddr {
    let address = line.strip_prefix("listening on ").unwrap_or(line);
    let address = address.split(' ').next().unwrap_or_default();
    address.parse().unwrap_or_else(|_| panic!("{line}"))
}

/// The answer to this request, up to the end of the connection.
#[track_caller]
fn answer_to(mut connection: impl Read + Write, request: &str) -> Answer {
    connection
        .write_all(request.as_bytes())
        .expect("the server reads");
    let mut answer = String::new();
    connection
        .read_to_string(&mut answer)
        .expect("the server closes in order");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.expect("an answer has a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

#[track_caller]
fn get(address: SocketAddr, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    answer_to(Peer::connect(address).0, &request)
}

/// The answer to who has this token.
#[track_caller]
fn get_with(address: SocketAddr, path: &str, token: &str) -> Answer {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
    answer_to(Peer::connect(address).0, &request)
}

/// The values of all metrics, by their names with labels.
struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    #[track_caller]
    fn of(address: SocketAddr) -> Self {
        Self::read(&get(address, "/metrics").body)
    }

    #[track_caller]
    fn read(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a sample has a value");
            (name.to_owned(), value.parse().expect("it is a number"))
        });
        Self(samples.collect())
    }

    #[track_caller]
    fn value(&self, name: &str) -> f64 {
        let value = self.0.get(name);
        *value.unwrap_or_else(|| panic!("{name} is not there:\n{}", self.names()))
    }

    fn has(&self, part: &str) -> bool {
        self.0.keys().any(|name| name.contains(part))
    }

    fn names(&self) -> String {
        self.0.keys().map(|name| format!("{name}\n")).collect()
    }
}

/// Waits until the metrics are so.
#[track_caller]
fn until(address: SocketAddr, mut are_so: impl FnMut(&Metrics) -> bool) -> Metrics {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let metrics = Metrics::of(address);
        if are_so(&metrics) {
            return metrics;
        }
        assert!(Instant::now() < deadline, "{:?}", metrics.0);
    }
}
