//! Which certificate is shown, and which protocol is agreed on.

use super::{Authority, TlsPeer, serve_tls};
use crate::support::serve;
use std::io::Read as _;

#[test]
fn the_name_that_a_client_asks_for_chooses_the_certificate() {
    let authority = Authority::new("names");
    let pairs = [
        authority.server(&["one.example", "127.0.0.1"]),
        authority.server(&["*.two.example"]),
        authority.server(&["own.two.example"]),
    ];
    let tls = pairs.each_ref().map(|pair| ["--tls", &pair.files]);
    let server = serve(&tls.concat());
    let config = authority.trusting();
    for (name, place) in [
        ("one.example", 0),
        ("a.two.example", 1),
        ("A.TWO.example", 1),
        ("own.two.example", 2),
        ("127.0.0.1", 0),
    ] {
        let mut peer = TlsPeer::try_connect(server.address, &config, name).expect(name);
        assert!(peer.certificate() == pairs[place].certificate, "{name}");
        peer.send(b"abc").expect(b"abc").finish().expect_end();
    }
    // The first is for all others, and not for their names.
    for other in ["two.example", "a.b.two.example", "three.example"] {
        let refused = TlsPeer::try_connect(server.address, &config, other);
        let error = refused.err().expect(other).to_string();
        assert!(error.contains("one.example"), "{other}: {error}");
    }
}

#[test]
fn the_servers_order_of_protocols_decides_and_who_knows_none_of_them_is_refused() {
    let authority = Authority::new("alpn");
    let server = serve_tls(
        &authority.server(&["localhost"]),
        &["--alpn", "eco/2,eco/1"],
    );
    for (offered, chosen) in [
        (&["eco/1", "eco/2"][..], Some("eco/2")),
        (&["other", "eco/1"], Some("eco/1")),
        (&[], None),
    ] {
        let mut config = authority.trusting();
        config.alpn_protocols = offered.iter().map(|name| (*name).into()).collect();
        let mut peer = TlsPeer::connect(server.address, &config);
        let agreed = peer.0.conn.alpn_protocol().map(String::from_utf8_lossy);
        assert_eq!(agreed.as_deref(), chosen);
        peer.send(b"abc").expect(b"abc").finish().expect_end();
    }
    let mut config = authority.trusting();
    config.alpn_protocols = vec![b"other".to_vec()];
    let refused = TlsPeer::try_connect(server.address, &config, "localhost");
    let refused = refused.and_then(|mut peer| peer.0.read(&mut [0]));
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
    server.logged(&[
        "refused",
        "handshake-failed",
        "none of the protocols (ALPN)",
    ]);
}
