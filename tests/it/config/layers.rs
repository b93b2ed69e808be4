//! TLS and trusted proxies of services: each has its own, and SIGHUP changes them for new connections.

use super::{Folder, logs_again};
use crate::harness::Server;
use crate::support::{Peer, session_plugin};
use crate::tls::{Authority, TlsPeer};
use rustix::process::Signal;

const STAYS: &str = "[[service]]\nname = 'stays'\nlisten = '127.0.0.1:0'\n";

/// A service that says whose a connection is, with these lines.
fn greets(lines: &str) -> String {
    let plugin = session_plugin();
    format!(
        "{STAYS}[[service]]\nname = 'greets'\nplugin = '{plugin}'\nlisten = '127.0.0.1:0'\n{lines}\n"
    )
}

#[track_caller]
fn reload(server: &Server, stays: &mut Peer, words: &str) {
    logs_again(server, stays, words, || server.signal(Signal::HUP));
}

#[test]
fn certificates_of_a_service_change_with_the_file_or_not_at_all() {
    let folder = Folder::new("tls");
    let authority = Authority::new("config");
    let client = authority.trusting();
    // The pairs lie beside the file, and their paths are relative.
    let pair = |name: &str| {
        let pair = authority.server(&[name]);
        for end in ["pem", "key"] {
            let text = std::fs::read(authority.path(&format!("{name}.{end}")));
            folder.write(&format!("{name}.{end}"), text.expect("it is there"));
        }
        pair.certificate
    };
    let (first, other) = (pair("localhost"), pair("other"));
    let of_one = "tls = ['localhost.pem', 'localhost.key']\nalpn = ['echo']";
    folder.write("eco.toml", greets(of_one));
    let checked = folder.check();
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let would = checked.text();
    assert!(would.contains("session.wat, TLS)\n"), "{would}");

    let (server, addresses) = folder.serve(2);
    let mut stays = Peer::connect(addresses[0]);
    let mut old = TlsPeer::connect(addresses[1], &client);
    assert!(old.certificate() == first);
    old.send(b"old");

    // Two pairs, chosen by name.
    let two = "tls = [['localhost.pem', 'localhost.key'], ['other.pem', 'other.key']]";
    folder.write("eco.toml", greets(two));
    reload(&server, &mut stays, "the file is read again");
    let shown = TlsPeer::try_connect(addresses[1], &client, "other").expect("a handshake");
    assert!(shown.certificate() == other);

    // Files change without a signal.
    logs_again(&server, &mut stays, "certificates reloaded", || {
        pair("localhost");
    });

    // A certificate that can't be used: said by both, with the service, and nothing changes.
    folder.write("other.key", "nonsense");
    server.logged(&[
        "certificates not reloaded, the old ones stay",
        "service=greets",
    ]);
    folder.write("eco.toml", greets(two).replace("'greets'", "'renamed'"));
    let checked = folder.check();
    assert_eq!(checked.code, 64, "{}", checked.stderr);
    let said = &checked.stderr;
    assert!(
        said.contains("service renamed: ") && said.contains("other.key"),
        "{said}"
    );
    reload(&server, &mut stays, "not reloaded, nothing changes: ");
    server.logged(&["nothing changes: ", "service renamed: ", "other.key"]);
    let shown = TlsPeer::try_connect(addresses[1], &client, "other").expect("a handshake");
    assert!(shown.certificate() == other);

    // No TLS any more.
    folder.write("eco.toml", greets(""));
    reload(&server, &mut stays, "the file is read again");
    let mut plain = Peer::connect(addresses[1]);
    let me = plain.0.local_addr().expect("it is connected");
    plain.expect(me.to_string().as_bytes());
    old.expect(old_greeting(&old).as_bytes()).expect(b"old");
}

/// What the plugin has greeted the peer with: its address.
fn old_greeting(peer: &TlsPeer) -> String {
    let address = peer.0.sock.local_addr();
    address.expect("it is connected").to_string()
}

#[test]
fn a_certificate_that_signs_itself_stays_for_as_long_as_it_is_asked_for() {
    let folder = Folder::new("self-signed");
    folder.write("eco.toml", greets("tls = 'self-signed'"));
    let (mut server, addresses) = folder.serve(2);
    let told = server.line();
    let (_, made) = told.rsplit_once(' ').expect("a fingerprint");
    assert!(made.starts_with("sha256:"), "{told}");
    let trusts = server.line();
    assert!(
        trusts.contains(&format!("--ca {made} --to {} ", addresses[1])),
        "{trusts}"
    );
    let mut stays = Peer::connect(addresses[0]);
    folder.write(
        "eco.toml",
        greets("tls = 'self-signed'\nidle-timeout = '1h'"),
    );
    reload(&server, &mut stays, "the file is read again");
    folder.write("eco.toml", greets(""));
    reload(&server, &mut stays, "the file is read again");
    folder.write("eco.toml", greets("tls = 'self-signed'"));
    reload(&server, &mut stays, "the file is read again");
    let again = server.line();
    assert!(
        again.contains("signs itself: sha256:") && !again.ends_with(made),
        "{made} was given up: {again}"
    );
}

#[test]
fn whom_a_service_believes_about_its_peers_changes_with_the_file() {
    let folder = Folder::new("proxies");
    let header = b"PROXY TCP4 192.0.2.7 198.51.100.1 50344 443\r\n";
    folder.write(
        "eco.toml",
        greets("proxy-protocol = ['10.0.0.0/8', 'unix']"),
    );
    let (server, addresses) = folder.serve(2);
    let mut stays = Peer::connect(addresses[0]);
    let mut plain = Peer::connect(addresses[1]);
    let me = plain.0.local_addr().expect("it is connected");
    plain.expect(me.to_string().as_bytes());
    plain.send(header).expect(header);
    folder.write(
        "eco.toml",
        greets("proxy-protocol = ['10.0.0.0/8', '127.0.0.0/8']"),
    );
    reload(&server, &mut stays, "the file is read again");
    let mut behind = Peer::connect(addresses[1]);
    behind.send(header).expect(b"192.0.2.7:50344");
    plain.send(b"as before").expect(b"as before");
    // Who was told of nobody is the other service's.
    stays.send(header).expect(header);
}
