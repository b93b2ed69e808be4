//! The server behind proxies that say whose a connection is, and clients that say it themselves.

/// A real HAProxy.
mod haproxy;

use crate::harness::{Eco, Server, assert_same};
use crate::support::{Peer, empty_folder, noise, serve, session_plugin};
use std::io::Read as _;

/// A server to which the loopback is a proxy, and which greets with the address of its peer.
fn behind_a_proxy(arguments: &[&str]) -> Server {
    let trusting = ["--proxy-protocol", "127.0.0.0/8", "-p", &session_plugin()];
    serve(&[&trusting[..], arguments].concat())
}

const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A header of version 2 with this command, family and block.
fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).expect("it is short");
    let [high, low] = length.to_be_bytes();
    [V2, &[0x20 | command, family, high, low], block].concat()
}

/// One of version 2 for the client 192.0.2.N, port 50344.
fn of_client(number: u8) -> Vec<u8> {
    let addresses = [192, 0, 2, number, 198, 51, 100, 1];
    v2(
        1,
        0x11,
        &[&addresses[..], &[0xc4, 0xa8, 0x01, 0xbb]].concat(),
    )
}

#[test]
fn a_header_in_any_pieces_puts_the_client_where_the_proxy_stood() {
    let server = behind_a_proxy(&["--log-level", "debug"]);
    let v1 = b"PROXY TCP6 2001:db8::7 2001:db8::1 50344 443\r\n".to_vec();
    let noop = [
        &[192, 0, 2, 7, 198, 51, 100, 1, 0xc4, 0xa8, 1, 0xbb][..],
        &[4, 0xf, 0xf1],
    ];
    let padded = v2(1, 0x11, &[&noop.concat()[..], &[0; 0xff1]].concat());
    assert_eq!(padded.len(), 4112, "the longest that is read");
    let data = noise(5000, 1);
    for (id, (header, client, local)) in (1..).zip([
        (v1, "[2001:db8::7]:50344", "[2001:db8::1]:443"),
        (of_client(7), "192.0.2.7:50344", "198.51.100.1:443"),
        (padded, "192.0.2.7:50344", "198.51.100.1:443"),
    ]) {
        // At first byte for byte, and then all at once with what follows.
        for (id, piece) in [(2 * id - 1, 1), (2 * id, usize::MAX)] {
            let mut peer = Peer::connect(server.address);
            let bytes = [&header[..], &data].concat();
            let (slow, fast) = bytes.split_at(if piece == 1 { header.len() } else { 0 });
            slow.chunks(piece).for_each(|piece| {
                peer.send(piece);
            });
            peer.send(fast).expect(client.as_bytes()).expect(&data);
            let proxy = peer.0.local_addr().expect("it is connected");
            let connection = format!("connection={id} peer={client} local={local}");
            server.logged(&["opened", &connection, &format!("proxy={proxy} ")]);
            assert_same(&peer.finish().rest(), b"end");
        }
    }
}

#[test]
fn from_others_no_header_is_looked_for() {
    let server = serve(&["--proxy-protocol", "192.0.2.0/24,unix"]);
    for header in [of_client(7), b"PROXY UNKNOWN\r\n".to_vec()] {
        let mut peer = Peer::connect(server.address);
        peer.send(&header).expect(&header).finish().expect_end();
    }
    assert!(!server.log().contains("proxy="), "{}", server.log());
}

#[test]
fn a_connection_of_the_proxys_own_is_served_and_counted_as_its() {
    let server = behind_a_proxy(&["--max-connections-per-peer", "1"]);
    let unspecified = v2(1, 0, &[0xff; 20]);
    let own = [v2(0, 0, b""), unspecified, b"PROXY UNKNOWN\r\n".to_vec()];
    for (id, header) in (1..).zip(own) {
        let mut peer = Peer::connect(server.address);
        let greeting = peer.0.local_addr().expect("it is connected").to_string();
        peer.send(&header).expect(greeting.as_bytes());
        server.logged(&["opened", &format!("peer={greeting} ")]);
        assert_same(&peer.finish().rest(), b"end");
        // It has given its place back by then.
        server.logged(&["closed", &format!("connection={id} ")]);
    }
    let mut kept = Vec::new();
    // Each client has a connection of its own, whoever brings it, and so has the proxy.
    for header in [of_client(1), of_client(2), v2(0, 0, b"")] {
        let mut peer = Peer::connect(server.address);
        peer.send(&header).send(b"k");
        let mut one = [0];
        peer.0.read_exact(&mut one).expect("it is served");
        kept.push(peer);
    }
    for (header, peer) in [
        (of_client(1), "peer=192.0.2.1:50344 proxy=127.0.0.1:"),
        (v2(0, 0, b""), "peer=127.0.0.1:"),
    ] {
        Peer::connect(server.address).send(&header).expect_reset();
        server.logged(&["refused", peer, "too-many", "1 connections"]);
    }
}

#[test]
fn what_is_wrong_with_a_header_is_said_and_nobody_else_notices() {
    let server = behind_a_proxy(&[]);
    let mut good = Peer::connect(server.address);
    good.send(&of_client(7)).expect(b"192.0.2.7:50344");
    let line = [&b"PROXY UNKNOWN "[..], &[b'x'; 93]].concat();
    let endless = [&line[..], &noise(1 << 16, 2)].concat();
    let short = v2(1, 0x11, &[192, 0, 2, 7]);
    let cut_tlv = v2(1, 0x11, &[&[0; 12][..], &[0x20, 0, 9, 1]].concat());
    let long = v2(1, 0x11, &noise(u16::MAX.into(), 3));
    let half = of_client(7)[..20].to_vec();
    for (bytes, finishes, told) in [
        (
            &b"hello"[..],
            false,
            r#"a PROXY header was expected, and "hello" came"#,
        ),
        (
            b"GET / HTTP/1.1\r\nHost: eco\r\n\r\n",
            false,
            "and HTTP came",
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00", false, "and TLS came"),
        (&line, false, "no end (CR LF) within 107 bytes"),
        (&endless, false, "no end (CR LF) within 107 bytes"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\n", false, "LF alone"),
        (
            b"PROXY TCP4 192.0.2.7 192.0.2.8 1 65536\r\n",
            false,
            "two ports",
        ),
        (&short, false, "4 bytes, which are too few for addresses"),
        (
            &cut_tlv,
            false,
            "the TLV 0x20 of version 2 has a wrong length",
        ),
        (
            &long,
            false,
            "announces 65535 bytes, and at most 4096 are read",
        ),
        // No more of it is waited for.
        (
            &long[..16],
            false,
            "announces 65535 bytes, and at most 4096 are read",
        ),
        (&half, true, "the connection ended after 20 bytes"),
        (
            b"PROXY TCP4 19",
            true,
            "the connection ended after 13 bytes",
        ),
        (b"", true, "the connection ended after 0 bytes"),
    ] {
        let mut wrong = Peer::connect(server.address);
        let proxy = wrong.0.local_addr().expect("it is connected");
        // It may be refused before the last byte.
        let _ = std::io::Write::write_all(&mut wrong.0, bytes);
        if finishes {
            wrong.finish();
        }
        let mut came = Vec::new();
        // A reset, where bytes are left that nobody reads.
        let _ = wrong.0.read_to_end(&mut came);
        assert_same(&came, b"");
        let peer = format!("peer={proxy} ");
        let line = server.logged(&["refused", &peer, "handshake-failed", told]);
        assert!(line.contains(" INFO "), "{line}");
    }
    good.send(b"k").expect(b"k");
}

#[test]
fn clients_send_a_header_if_they_are_asked_to() {
    let path = empty_folder("proxy-protocol").join("eco.sock");
    let unix = format!("unix:{}", path.display());
    let server = serve(&["--proxy-protocol", "127.0.0.1,unix", "-l", &unix]);
    let to = server.address.to_string();
    let dual = |version, to| ["send", "--proxy-protocol", version, "-t", to, "hello"];
    for version in ["v1", "v2"] {
        let sent = Eco::new(&dual(version, &to)).run(b"");
        assert_same(&sent.stdout, b"hello");
        let line = server.logged(&["opened", "proxy="]);
        let fields: Vec<&str> = line.split(['=', ' ']).collect();
        let after = |name| fields.iter().skip_while(|field| **field != name).nth(1);
        assert_eq!(after("peer"), after("proxy"), "{line}");
        assert_eq!(after("local"), Some(&&to[..]), "{line}");
        let load = ["load", "-n", "40", "-c", "4", "--reconnect", "-t", &to];
        let load = Eco::new(&load)
            .args(&["--proxy-protocol", version])
            .run(b"");
        assert_eq!(load.code, 0, "{}", load.stderr);
        // A Unix socket has no address to tell.
        let sent = Eco::new(&dual(version, &unix)).run(b"");
        assert_same(&sent.stdout, b"hello");
    }
    server.logged(&["opened", "peer=uid:", &format!("local={unix}")]);
    let refused = Eco::new(&["send", "-t", &to, "hello"]).run(b"");
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    server.logged(&["refused", "a PROXY header was expected"]);
    for (arguments, told) in [
        (["serve", "--proxy-protocol", "10.0.0.0/33"], "10.0.0.0/8"),
        (["send", "--proxy-protocol", "v3"], "expected v1 or v2"),
        (["load", "--proxy-protocol", "1"], "expected v1 or v2"),
    ] {
        let refused = Eco::new(&arguments).run(b"");
        assert_eq!(refused.code, 64, "{}", refused.stderr);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
}
