//! What a server listens on beside TCP, and clients that connect there: Unix sockets, and sockets that a service manager
//! hands over.

use crate::harness::{Eco, Exited, assert_same};
use crate::support::{Peer, converse, empty_folder, noise, serve};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The path of a socket in a folder of the test's own, and how it is typed.
fn socket(test: &str) -> (PathBuf, String) {
    let folder = empty_folder(&format!("addresses-{test}"));
    let path = folder.join("eco.sock");
    let typed = format!("unix:{}", path.display());
    (path, typed)
}

fn send(to: &str, message: &str) -> Exited {
    Eco::new(&["send", "--to", to, message]).run(b"")
}

#[test]
fn a_unix_socket_is_served_beside_tcp_and_clients_connect_to_it() {
    let (path, typed) = socket("beside");
    let mut server = serve(&[
        "--listen",
        &format!("{typed},mode=600"),
        "--log-level",
        "info",
    ]);
    assert_eq!(server.line(), format!("listening on {typed} (plugin echo)"));
    let found = std::fs::symlink_metadata(&path).expect("it is there");
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o7777, 0o600);
    let sent = noise(1 << 20, 7);
    let peer = UnixStream::connect(&path).expect("it listens");
    let mut came = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (&peer).write_all(&sent).expect("it is read");
            peer.shutdown(Shutdown::Write).expect("it is open");
        });
        (&peer).read_to_end(&mut came).expect("it ends in order");
    });
    assert_same(&came, &sent);
    let uid = rustix::process::getuid().as_raw();
    server.logged(&["opened", &format!("peer=uid:{uid} local={typed}")]);
    assert_same(&send(&typed, "by a client").stdout, b"by a client");
    let load = Eco::new(&["load", "--to", &typed, "-c", "4", "-n", "100", "--json"]).run(b"");
    assert_eq!(load.code, 0, "{}", load.stderr);
    assert!(
        load.text().contains(&format!("\"to\":\"{typed}\"")),
        "{}",
        load.text()
    );
    assert_same(&converse(server.address, b"tcp too"), b"tcp too");
    server.terminate();
    assert_eq!(server.wait().code, 0);
    assert!(!path.exists(), "its file goes with the server");
}

#[test]
fn a_socket_left_by_a_server_that_was_killed_is_taken_over_and_one_in_use_is_refused() {
    let (path, typed) = socket("left");
    let killed = serve(&["--listen", &typed]);
    drop(killed);
    assert!(path.exists(), "nobody could remove it");
    let refused = send(&typed, "hello");
    assert_eq!(refused.code, 69);
    assert!(refused.stderr.contains("eco serve"), "{}", refused.stderr);
    let server = serve(&["--listen", &typed]);
    assert_same(&send(&typed, "hello").stdout, b"hello");
    let second = Eco::new(&["serve", "--listen", &typed]).run(b"");
    assert_eq!(second.code, 69);
    assert!(
        second.stderr.contains("Another program listens there"),
        "{}",
        second.stderr
    );
    assert_same(&send(&typed, "still").stdout, b"still");
    drop(server);
}

#[test]
fn what_can_t_be_listened_on_or_connected_to_is_said_with_the_next_step() {
    let (path, typed) = socket("wrong");
    std::fs::write(&path, "precious").expect("the folder is ours");
    let long = format!("unix:/{}", "x".repeat(199));
    for (arguments, code, told) in [
        (["serve", "--listen", &typed], 69, "it is no socket"),
        (
            ["serve", "--listen", "unix:/no/folder/x"],
            69,
            "The folder is not there",
        ),
        (["serve", "--listen", &long], 64, "200 bytes are too long"),
        (
            ["serve", "--listen", "unix:/x,mode=999"],
            64,
            "three octal digits",
        ),
        (
            ["serve", "--listen", "/run/eco.sock"],
            64,
            "unix:/run/eco.sock",
        ),
        (["serve", "--listen", "systemd"], 69, "LISTEN_FDS"),
        (
            ["send", "--to", "unix:/no/folder/x"],
            69,
            "Is a server running there?",
        ),
        (["send", "--to", &long], 64, "200 bytes are too long"),
        (
            ["load", "--to", "unix:/no/folder/x"],
            69,
            "Is a server running there?",
        ),
    ] {
        let refused = Eco::new(&arguments).run(b"");
        assert_eq!(refused.code, code, "{arguments:?} {}", refused.stderr);
        assert!(
            refused.stderr.contains(told),
            "{arguments:?} {}",
            refused.stderr
        );
    }
    assert_eq!(std::fs::read(&path).expect("it stays"), b"precious");
    let both = ["load", "--to", "unix:/x", "--source", "127.0.0.2"];
    let refused = Eco::new(&both).run(b"");
    assert_eq!(refused.code, 64);
    assert!(
        refused.stderr.contains("--source is for TCP"),
        "{}",
        refused.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_is_listened_on_and_connected_to() {
    let name = format!("unix:@eco-it-{}", std::process::id());
    let mut server = serve(&["--listen", &name]);
    assert_eq!(server.line(), format!("listening on {name} (plugin echo)"));
    assert_same(&send(&name, "no file").stdout, b"no file");
}

/// `eco serve` with these arguments, to which a service manager hands two sockets. A shell plays the manager: it knows the
/// number of the process that it becomes.
fn activated(names: &str, tcp: TcpListener, unix: UnixListener, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("exec 3<&0 4<&1 1>&2 0</dev/null; LISTEN_FDS=2 LISTEN_PID=$$ exec \"$0\" \"$@\"")
        .arg(crate::harness::binary())
        .arg("serve")
        .args(arguments)
        .env("LISTEN_FDNAMES", names)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(tcp)))
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(unix)))
        .stderr(Stdio::piped());
    command
}

#[test]
fn sockets_that_were_handed_over_are_served_all_or_by_name() {
    let folder = empty_folder("addresses-activated");
    for (number, arguments) in [
        &["-l", "systemd"][..],
        &["-l", "systemd:web", "-l", "systemd:local"],
        &["-l", "systemd", "-l", "systemd:web"],
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.join(format!("{number}.sock"));
        let unix = UnixListener::bind(&path).expect("the folder is ours");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = tcp.local_addr().expect("it listens");
        // Nobody serves yet: the sockets listen, and hold those who come.
        let mut early = Peer::connect(address);
        early.send(b"early");
        let mut child = activated("web:local", tcp, unix, arguments)
            .spawn()
            .expect("a shell");
        early.expect(b"early");
        let typed = format!("unix:{}", path.display());
        assert_same(&send(&typed, "over a file").stdout, b"over a file");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert!(path.exists(), "the manager's file is not eco's to remove");
    }
}

#[test]
fn a_name_that_was_not_handed_over_is_said_with_those_that_were() {
    let folder = empty_folder("addresses-unnamed");
    let unix = UnixListener::bind(folder.join("x")).expect("the folder is ours");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let arguments = ["-l", "systemd:other"];
    let child = activated("web:local", tcp, unix, &arguments)
        .spawn()
        .expect("a shell");
    let ended = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(69), "{stderr}");
    assert!(stderr.contains("there is web, local"), "{stderr}");
}

/// What the manager is told next.
fn told(manager: &UnixDatagram) -> String {
    let mut room = [0; 512];
    let length = manager.recv(&mut room).expect("it is told in time");
    String::from_utf8_lossy(&room[..length])
        .trim_end()
        .to_owned()
}

fn manager(path: &Path) -> UnixDatagram {
    let manager = UnixDatagram::bind(path).expect("the folder is ours");
    let patience = Some(Duration::from_secs(60));
    manager
        .set_read_timeout(patience)
        .expect("a socket has options");
    manager
}

#[test]
fn a_service_manager_is_told_when_the_server_serves_reloads_lives_and_stops() {
    let folder = empty_folder("addresses-notified");
    let path = folder.join("notify");
    let manager = manager(&path);
    let plugin = folder.join("plugin.lua");
    std::fs::write(&plugin, "function receive(chunk) return chunk end").expect("it is ours");
    let server = Eco::new(&["serve", "--listen", "127.0.0.1:0", "-p"])
        .arg(&plugin)
        .env("NOTIFY_SOCKET", &path)
        .serve();
    assert_eq!(told(&manager), "READY=1");
    server.signal(rustix::process::Signal::HUP);
    let reloading = told(&manager);
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{reloading}"
    );
    assert_eq!(told(&manager), "READY=1");
    server.terminate();
    assert_eq!(told(&manager), "STOPPING=1");
    assert_eq!(server.wait().code, 0);
}

#[test]
fn a_watchdog_hears_of_a_server_whose_processors_are_all_taken() {
    let path = empty_folder("addresses-watchdog").join("notify");
    let manager = manager(&path);
    let looping = crate::support::plugin_file(
        "addresses-loops.lua",
        "function receive() while true do end end",
    );
    let server = Eco::new(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--cpu",
        "1h",
        "-p",
        &looping,
    ])
    .env("NOTIFY_SOCKET", &path)
    .env("WATCHDOG_USEC", "20000")
    .serve();
    assert_eq!(told(&manager), "READY=1");
    let mut peers: Vec<Peer> = (0..8).map(|_| Peer::connect(server.address)).collect();
    for peer in &mut peers {
        peer.send(b"loop");
    }
    for _ in 0..50 {
        assert_eq!(told(&manager), "WATCHDOG=1");
    }
}
