//! Requests to the server of `--admin`, in pieces: what is one gets the answer that it should, and all else an end.

use eco_admin::{Admin, Answer, Hosts, Route, Site, Token};
use std::io;
use std::panic::AssertUnwindSafe;
use std::task::Context;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Less than a request has, so that it comes in several reads.
const PIPE: usize = 64;

/// The server, in its own thread, and where connections to it are put.
struct Server {
    runtime: Runtime,
    connections: UnboundedSender<DuplexStream>,
    token: Token,
    _admin: Admin,
}

impl Server {
    fn start() -> AssertUnwindSafe<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (connections, mut arriving) = unbounded_channel();
        let accept = move |cx: &mut Context<'_>| {
            let gone = || io::Error::other("nobody comes any more");
            arriving.poll_recv(cx).map(|stream| stream.ok_or_else(gone))
        };
        let token = Token::random().expect("there is randomness");
        let routes = vec![
            Route::new("/", |_| Answer::text(200, "a page\n")),
            Route::new("/metrics", |request| Answer::text(200, request.accept)),
            Route::new("/shown", |request| Answer::text(200, request.query)).guarded_by(&token),
        ];
        let site = Site::new(Hosts::local(), routes);
        let starting = Admin::start(site, async move { Ok::<_, io::Error>((accept, ())) });
        let (admin, ()) = runtime.block_on(starting).expect("it starts");
        AssertUnwindSafe(Self {
            runtime,
            connections,
            token,
            _admin: admin,
        })
    }

    /// Everything that a client is told who sends this in pieces of these sizes, and then finishes.
    fn told(&self, bytes: &[u8], sizes: &[u8]) -> Vec<u8> {
        let (near, far) = duplex(PIPE);
        self.connections.send(far).expect("the server is there");
        self.runtime.block_on(async {
            let (mut reads, mut writes) = tokio::io::split(near);
            let sends = async {
                let mut rest = bytes;
                for size in sizes.iter().chain(std::iter::repeat(&255)) {
                    let (piece, after) = rest.split_at(rest.len().min(1 + usize::from(*size)));
                    // It fails where the server has closed already, having said why.
                    if piece.is_empty() || writes.write_all(piece).await.is_err() {
                        break;
                    }
                    rest = after;
                }
                let _ = writes.shutdown().await;
            };
            let mut told = Vec::new();
            let (_, read) = tokio::join!(sends, reads.read_to_end(&mut told));
            read.expect("an end in order");
            told
        })
    }
}

/// The status of an answer, which is a whole one.
fn status(told: &[u8]) -> u16 {
    let text = std::str::from_utf8(told).expect("the server says texts");
    let (head, _) = text.split_once("\r\n\r\n").expect("a whole head");
    let rest = head
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| head.strip_prefix("HTTP/1.0 "));
    let digits = rest.and_then(|rest| rest.get(..3)).expect("a status line");
    digits.parse().expect("a number")
}

#[test]
fn whatever_is_sent_the_end_comes_and_an_answer_has_its_status() {
    let server = Server::start();
    bolero::check!()
        .with_type::<(Vec<u8>, Vec<u8>, Vec<(u16, u8)>)>()
        .for_each(|(bytes, sizes, changes)| {
            for begin in [
                &b""[..],
                b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: ",
            ] {
                let mut request = [begin, bytes, b"\r\n\r\n"].concat();
                for (place, byte) in changes.iter().take(3) {
                    let length = request.len();
                    request[usize::from(*place) % length] = *byte;
                }
                let told = server.told(&request, sizes);
                if !told.is_empty() {
                    assert!([200, 400, 401, 404, 405, 414, 421, 431, 505].contains(&status(&told)));
                }
            }
        });
}

#[test]
fn a_request_is_answered_by_its_method_its_host_its_path_and_its_token_however_it_is_cut() {
    const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "OPTIONS", "get"];
    const HOSTS: [(&str, bool); 5] = [
        ("localhost", true),
        ("127.0.0.1:9095", true),
        ("[::1]", true),
        ("evil.example", false),
        ("127.0.0.1.evil.example", false),
    ];
    // Whether there is such a path, and whether it needs the token.
    const PATHS: [(&str, bool, bool); 8] = [
        ("/", true, false),
        ("/metrics?x=../", true, false),
        ("/shown?id=1&from=0", true, true),
        ("/shown/", false, true),
        ("/metrics/", false, false),
        ("/../metrics", false, false),
        ("/%6detrics", false, false),
        ("//metrics", false, false),
    ];
    let server = Server::start();
    let token = format!("Authorization: Bearer {}\r\n", server.token.reveal());
    // No digit is a g.
    let tokens = [
        (String::new(), false),
        (token.clone(), true),
        (token.replace("\r", "g\r"), false),
        (token.repeat(2), false),
    ];
    bolero::check!()
        .with_type::<(u8, Vec<u8>, u8, u8, Vec<u8>, Vec<u8>)>()
        .for_each(|(method, hosts, path, token, rest, sizes)| {
            let method = METHODS[usize::from(*method) % METHODS.len()];
            let hosts: Vec<_> = hosts
                .iter()
                .map(|host| HOSTS[usize::from(*host) % HOSTS.len()])
                .collect();
            let hosts = &hosts[..hosts.len().min(3)];
            let (path, is_there, is_guarded) = PATHS[usize::from(*path) % PATHS.len()];
            let (token, is_right) = &tokens[usize::from(*token) % tokens.len()];
            let mut request = format!("{method} {path} HTTP/1.1\r\n{token}");
            for (host, _) in hosts {
                request += &format!("Host: {host}\r\n");
            }
            request += "\r\n";
            let request = [request.as_bytes(), rest].concat();
            let status = status(&server.told(&request, sizes));
            let expected = match (hosts.iter().all(|(_, is_own)| *is_own), method, is_there) {
                (false, ..) => 421,
                (true, "GET" | "HEAD", true) if is_guarded && !is_right => 401,
                (true, "GET" | "HEAD", true) => 200,
                (true, "GET" | "HEAD", false) => 404,
                (true, ..) => 405,
            };
            assert_eq!(status, expected, "{}", String::from_utf8_lossy(&request));
        });
}
