//! New certificates under way: open connections keep theirs.

use super::{Authority, TlsPeer, replace, serve_tls};
use crate::support::plugin_file;
use rustix::process::Signal;

#[test]
fn new_certificates_are_for_new_connections_and_wrong_ones_leave_the_old() {
    let authority = Authority::new("reload");
    let config = authority.trusting();
    let first = authority.server(&["localhost"]);
    let (certificate, key) = first.files.split_once(',').unwrap();
    let plugin = plugin_file("tls-reload.lua", "function receive() return 'one' end");
    let server = serve_tls(&first, &["-p", &plugin]);
    let mut old = TlsPeer::connect(server.address, &config);
    old.send(b"?").expect(b"one");

    // Both files change, one after the other.
    let second = authority.server(&["localhost"]);
    server.logged(&["INFO", "certificates reloaded"]);
    let mut peer = TlsPeer::connect(server.address, &config);
    assert!(peer.certificate() == second.certificate);
    peer.send(b"?").expect(b"one");
    old.send(b"?").expect(b"one");

    // A key of somebody else, what is no certificate, and nothing at all.
    let other = authority.client("other");
    replace(
        key,
        std::fs::read(other.files.split_once(',').unwrap().1).unwrap(),
    );
    server.logged(&[
        "ERROR",
        "certificates not reloaded, the old ones stay",
        "is not that of the first certificate",
    ]);
    assert!(TlsPeer::connect(server.address, &config).certificate() == second.certificate);
    replace(certificate, "-----BEGIN CERTIFICATE-----\n\u{1b}[31m\n");
    server.logged(&["ERROR", "certificates not reloaded", "is no PEM file"]);
    assert!(!server.log().contains('\u{1b}'));
    std::fs::remove_file(certificate).unwrap();
    server.logged(&["ERROR", "certificates not reloaded", "cannot read"]);
    TlsPeer::connect(server.address, &config)
        .send(b"?")
        .expect(b"one");

    // By hand, with the plugin, which is not watched: both, or neither.
    std::fs::write(&plugin, "function receive() return 'two' end").unwrap();
    server.signal(Signal::HUP);
    server.logged(&["ERROR", "not reloaded, the old version stays: cannot read"]);
    let third = authority.server(&["localhost"]);
    server.signal(Signal::HUP);
    server.logged(&[
        "INFO",
        "reloaded: new connections get the new version",
        "version=2",
    ]);
    let mut peer = TlsPeer::connect(server.address, &config);
    assert!(peer.certificate() == third.certificate);
    peer.send(b"?").expect(b"two");
    old.send(b"?").expect(b"one").finish().expect_end();
}

#[test]
fn a_plugin_that_is_no_file_needs_no_warning_where_certificates_are_reloaded() {
    let authority = Authority::new("reload-alone");
    let server = serve_tls(&authority.server(&["localhost"]), &[]);
    server.signal(Signal::HUP);
    server.logged(&["INFO", "certificates reloaded"]);
    server.terminate();
    let log = server.wait().stderr;
    assert!(!log.contains("WARN"), "{log}");
}
