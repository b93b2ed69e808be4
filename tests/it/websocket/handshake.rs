use super::{BINARY, Client, RESPONSE, request, response, serve};
use crate::harness::{Eco, assert_same};
use crate::support::{Peer, converse, empty_folder};

#[test]
fn a_websocket_is_served_at_its_path_beside_tcp() {
    let (mut server, address) = serve("/chat", &["-l", "ws:127.0.0.1:0/other,text"]);
    for path in ["/chat", "/chat?name=anna", "ws://127.0.0.1:8080/chat"] {
        let peer = Peer::connect(address);
        let mut client = Client::over(peer, path, "Cookie: a=b\r\n");
        client
            .send(BINARY, b"by a page")
            .expect(BINARY, b"by a page");
        client.close();
    }
    for path in ["/", "/chat/", "/Chat", "/other", "*", "http://chat"] {
        let mut peer = Peer::connect(address);
        peer.send(request(path, "").as_bytes());
        let (head, body) = response(&mut peer);
        assert!(head.starts_with("HTTP/1.1 404 "), "{path} {head}");
        assert_eq!(body, "there is nothing at this path.\n");
    }
    assert_same(&converse(server.address, b"by TCP"), b"by TCP");
    let other = server.line();
    assert!(other.ends_with("/other (plugin echo)"), "{other}");
    server.logged(&["refused", "handshake-failed", "nothing at this path"]);
    server.terminate();
    assert_eq!(server.wait().code, 0);
}

#[test]
fn a_client_may_write_its_first_messages_before_it_is_answered_and_its_request_in_pieces() {
    let (_server, address) = serve("", &[]);
    let early = [request("/", "").as_bytes(), &super::frame(0x82, b"early")].concat();
    for piece in [1, 7, early.len()] {
        let mut peer = Peer::connect(address);
        for piece in early.chunks(piece) {
            peer.send(piece);
        }
        let mut client = Client(peer);
        client.0.expect(RESPONSE);
        client.expect(BINARY, b"early");
        client.close();
    }
}

#[test]
fn what_is_no_request_for_a_websocket_is_told_what_is_asked_for() {
    let (server, address) = serve("", &[]);
    let mut neighbour = Client::connect(address);
    let good = request("/", "");
    let without = |header: &str| {
        let lines = good.split_inclusive("\r\n");
        lines
            .filter(|line| !line.starts_with(header))
            .collect::<String>()
    };
    let many: String = (0..64).map(|number| format!("X-{number}: x\r\n")).collect();
    for (sent, status, told) in [
        (
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            426,
            "new WebSocket(",
        ),
        (
            "GET / HTTP/1.0\r\n\r\n".to_owned(),
            426,
            "there is no page here",
        ),
        (good.replace("GET", "POST"), 405, "another method than GET"),
        (good.replace("HTTP/1.1", "HTTP/1.0"), 426, "no page here"),
        (good.replace("Version: 13", "Version: 8"), 426, "13"),
        (without("Upgrade"), 426, "no page here"),
        (without("Connection"), 426, "no page here"),
        (without("Sec-WebSocket-Version"), 426, "13"),
        (without("Sec-WebSocket-Key"), 400, "Sec-WebSocket-Key"),
        (without("Host"), 400, "Host"),
        (
            good.replace("Upgrade: websocket", "Upgrade: h2c"),
            426,
            "no page here",
        ),
        (good.replace("dGhl", ""), 400, "Sec-WebSocket-Key"),
        (good.replace("Host:", "Host: evil\r\nHost:"), 400, "Host"),
        (request("/", &many), 431, "too long"),
        (request("/", " folded: x\r\n"), 400, "no request"),
        ("hello, is anybody there?\r\n".to_owned(), 400, "no request"),
        (
            "\x16\x03\x01\x02\0\x01\0\x01\u{7f}\x03\x03".to_owned(),
            400,
            "no request",
        ),
    ] {
        let mut peer = Peer::connect(address);
        peer.send(sent.as_bytes());
        let (head, body) = response(&mut peer);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{sent:?}: {head}"
        );
        assert!(body.contains(told), "{sent:?}: {body}");
        let length = format!("Content-Length: {}\r\n", body.len());
        assert!(head.contains(&length), "{head}");
        if status == 426 {
            assert!(head.contains("Sec-WebSocket-Version: 13\r\n"), "{head}");
        }
    }
    neighbour
        .send(BINARY, b"still here")
        .expect(BINARY, b"still here");
    server.logged(&[
        "refused",
        "peer=127.0.0.1",
        "handshake-failed",
        "no page here",
    ]);
}

#[test]
fn a_request_that_never_ends_is_refused_at_its_bound() {
    let (server, address) = serve("", &[]);
    let mut peer = Peer::connect(address);
    let cookie = format!("Cookie: {}\r\n", "x".repeat(64 << 10));
    peer.send(request("/", &cookie).as_bytes());
    let (head, body) = response(&mut peer);
    assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
    assert_eq!(body, "the request is too long.\n");
    // One that ends within it has no session either.
    let mut gone = Peer::connect(address);
    gone.send(b"GET / HTTP/1.1\r\nHost:").finish().expect_end();
    server.logged(&["refused", "handshake-failed", "within its request"]);
    let longest = "x".repeat(8192 - request("/", "Cookie: \r\n").len());
    let cookie = format!("Cookie: {longest}\r\n");
    Client::over(Peer::connect(address), "/", &cookie).close();
}

#[test]
fn pages_of_other_hosts_are_refused_unless_they_are_listed() {
    let answer = |address, origin: &str| {
        let mut peer = Peer::connect(address);
        let origin = format!("Origin: {origin}\r\n");
        peer.send(request("/", &origin).as_bytes());
        let mut begin = [0; 12];
        std::io::Read::read_exact(&mut peer.0, &mut begin).expect("it is answered");
        String::from_utf8_lossy(&begin[9..]).into_owned()
    };
    let (server, address) = serve("", &[]);
    for (origin, status) in [
        ("http://127.0.0.1:8000", "101"),
        ("https://127.0.0.1", "101"),
        ("http://localhost:8080", "403"),
        ("https://evil.example", "403"),
        ("null", "403"),
        ("http://127.0.0.1\r\nOrigin: http://evil", "400"),
        ("\u{1b}[2J", "400"),
    ] {
        assert_eq!(answer(address, origin), status, "{origin:?}");
    }
    // Where its name leads to is its owner's choice (DNS rebinding).
    let rebound = request("/", "Origin: http://evil.example:8080\r\n");
    let rebound = rebound.replace("127.0.0.1:8080", "evil.example:8080");
    let mut peer = Peer::connect(address);
    peer.send(rebound.as_bytes());
    let (head, body) = response(&mut peer);
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert_eq!(body, "Pages of this origin may not connect.\n");
    server.logged(&["refused", "pages of https://evil.example may not connect"]);

    let listed = ["--ws-origin", "https://Chat.example", "--ws-origin", "null"];
    let (_server, address) = serve("", &listed);
    for (origin, status) in [
        ("https://chat.example", "101"),
        ("null", "101"),
        ("http://127.0.0.1:8000", "403"),
        ("https://chat.example:444", "403"),
    ] {
        assert_eq!(answer(address, origin), status, "{origin}");
    }
    Client::connect(address).close();
    let (_server, address) = serve("", &["--ws-origin", "*"]);
    assert_eq!(answer(address, "https://anybody.example"), "101");

    for (arguments, told) in [
        (["-l", "127.0.0.1:0", "--ws-origin", "*"], "--listen ws:"),
        (["-l", "ws:127.0.0.1:0", "--ws-origin", "x"], "no origin"),
        (["-l", "ws:127.0.0.1:0/a b", "--ws-origin", "*"], "no path"),
        (["-l", "0.0.0.0:1", "-l", "ws:127.0.0.1:1"], "one address"),
    ] {
        let refused = Eco::new(&["serve"]).args(&arguments).run(b"");
        assert_eq!(refused.code, 64, "{}", refused.stderr);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_takes_websockets_too() {
    use std::io::{Read as _, Write as _};
    let path = empty_folder("websocket-unix").join("eco.sock");
    let typed = format!("ws:unix:{}", path.display());
    let mut server = crate::support::serve(&["-l", &format!("{typed},mode=600,text")]);
    assert_eq!(server.line(), format!("listening on {typed} (plugin echo)"));
    let mut peer = std::os::unix::net::UnixStream::connect(&path).expect("it listens");
    peer.write_all(request("/any", "").as_bytes())
        .expect("it reads");
    peer.write_all(&super::frame(0x81, b"hello"))
        .expect("it reads");
    let mut came = vec![0; RESPONSE.len() + 7];
    peer.read_exact(&mut came).expect("it answers");
    assert_same(&came, &[RESPONSE, b"\x81\x05hello"].concat());
}

#[test]
fn the_header_of_a_proxy_comes_before_the_request() {
    let (server, address) = serve("", &["--proxy-protocol", "127.0.0.0/8"]);
    let mut peer = Peer::connect(address);
    peer.send(b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n");
    Client::over(peer, "/", "").close();
    server.logged(&["opened", "peer=192.0.2.1:1234"]);
}
