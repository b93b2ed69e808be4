//! Whether the process lives, and whether it is ready.

use super::{admin_of, answer_to, get, until};
use crate::harness::Eco;
use crate::support::{Peer, empty_folder, noise, serve};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;

#[test]
fn it_lives_before_it_is_ready_which_it_is_not_before_it_listens() {
    // A Redis that says nothing: the server waits for it, and ends.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let redis = format!("redis://{}", silent.local_addr().expect("it listens"));
    let folder = empty_folder("admin-health");
    let ended = std::thread::spawn({
        let folder = folder.clone();
        move || {
            let arguments = [
                "serve",
                "-l",
                "127.0.0.1:0",
                "--admin",
                "unix:admin",
                "--state",
            ];
            Eco::new(&arguments)
                .args(&[&redis])
                .inside(&folder)
                .run(b"")
        }
    });
    // The server is past that when Redis is asked.
    let asked = silent.accept().expect("it is asked");
    let ask = |path: &str| {
        let stream = UnixStream::connect(folder.join("admin")).expect("it listens");
        // On a Unix socket any name will do.
        answer_to(stream, &format!("GET {path} HTTP/1.1\r\nHost: eco\r\n\r\n"))
    };
    let (lives, ready) = (ask("/livez"), ask("/readyz"));
    assert_eq!((lives.status, &*lives.body), (200, "ok\n"));
    assert_eq!(ready.status, 503, "{}", ready.body);
    drop(asked);
    let ended = ended.join().expect("it ran");
    assert_eq!(ended.code, 69, "{}", ended.stderr);
    assert!(!folder.join("admin").exists(), "its socket is gone");
}

#[test]
fn while_it_drains_it_lives_and_is_not_ready() {
    let mut server = serve(&["--admin", "127.0.0.1:0", "--grace", "1m"]);
    let admin = admin_of(&mut server);
    assert_eq!(get(admin, "/readyz").status, 200);
    // More than the systems of both sides hold: the reply is under way until somebody reads it.
    let mut peer = Peer::connect(server.address);
    let mut writer = Peer(peer.0.try_clone().expect("a socket can be shared"));
    let sent = noise(64 << 20, 7);
    let length = sent.len();
    std::thread::spawn(move || {
        let _ = std::io::Write::write_all(&mut writer.0, &sent);
    });
    let mut before = -1.0;
    until(admin, |metrics| {
        let now = metrics.value("eco_received_bytes_total");
        let is_stuck = now > 0.0 && now == before;
        before = now;
        is_stuck
    });
    server.terminate();
    server.logged(&["stopping"]);
    while get(admin, "/readyz").status == 200 {}
    assert_eq!(get(admin, "/readyz").status, 503);
    assert_eq!(get(admin, "/livez").status, 200);
    let mut read = Vec::new();
    let _ = std::io::Read::read_to_end(&mut peer.0, &mut read);
    assert!(read.len() < length);
    assert_eq!(server.wait().code, 0);
}
