//! SIGHUP reads the file again. All the while a connection of a service that stays is answered, byte for byte.

use super::{Folder, listened_on, logs_again};
use crate::harness::{Server, assert_same};
use crate::support::{Peer, noise};
use crate::websocket::{RESPONSE, frame, request};
use rustix::process::Signal;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;

const STAYS: &str = "[[service]]\nname = \"stays\"\nlisten = \"127.0.0.1:0\"\n";

/// A service that replies with this word.
fn says(folder: &Folder, word: &str) {
    let text = format!("function receive() return '{word}\\n' end");
    folder.write("says.lua", text);
}

/// A service with the plugin of [`says`], and these lines.
fn changes(lines: &str) -> String {
    format!("{STAYS}[[service]]\nname = \"changes\"\nplugin = \"says.lua\"\n{lines}\n")
}

/// Sends SIGHUP, and waits until all has changed. A connection that stays is answered all the while.
#[track_caller]
fn reload(server: &Server, stays: &mut Peer) {
    logs_again(server, stays, "the file is read again", || {
        server.signal(Signal::HUP);
    });
    let sent = noise(100_000, 5);
    stays.send(&sent).expect(&sent);
}

fn ask(address: SocketAddr) -> String {
    Peer::connect(address).send(b"?").line()
}

#[test]
fn what_has_changed_changes_and_no_connection_of_another_service_notices() {
    let folder = Folder::new("reload");
    says(&folder, "one");
    folder.write("eco.toml", changes("listen = \"127.0.0.1:0\""));
    let (mut server, addresses) = folder.serve(2);
    let (stays_at, at) = (addresses[0], addresses[1]);
    let mut stays = Peer::connect(stays_at);
    let mut old = Peer::connect(at);
    assert_eq!(old.send(b"?").line(), "one");

    // The plugin.
    says(&folder, "two");
    reload(&server, &mut stays);
    assert_eq!(
        (ask(at).as_str(), old.send(b"?").line().as_str()),
        ("two", "one")
    );

    // Limits of a server, and a budget.
    folder.write(
        "eco.toml",
        changes("listen = \"127.0.0.1:0\"\nmax-connections-per-peer = 1"),
    );
    reload(&server, &mut stays);
    let mut only = Peer::connect(at);
    assert_eq!(only.send(b"?").line(), "two");
    Peer::connect(at).expect_reset();
    folder.write(
        "eco.toml",
        changes("listen = \"127.0.0.1:0\"\ncpu = \"20ms\""),
    );
    folder.write(
        "says.lua",
        "function receive(c) while c == 'loop' do end return 'cut\\n' end",
    );
    reload(&server, &mut stays);
    let mut cut = Peer::connect(at);
    assert_eq!(cut.send(b"?").line(), "cut");
    cut.send(b"loop").expect_reset();
    server.logged(&["budget=\"cpu\"", "20ms", "service=changes"]);
    assert_eq!(
        (old.send(b"?").line(), only.send(b"?").line()),
        ("one".to_owned(), "two".to_owned())
    );

    // A listener comes, and another goes. Those who came to it stay.
    says(&folder, "three");
    let socket = folder.0.join("s");
    folder.write("eco.toml", changes("listen = \"unix:s\""));
    reload(&server, &mut stays);
    assert!(
        server.line().contains("unix:"),
        "it says where it listens now"
    );
    assert!(
        TcpStream::connect(at).is_err(),
        "nobody listens there any more"
    );
    UnixStream::connect(&socket).expect("it is listened on");
    assert_eq!(old.send(b"?").line(), "one");

    // A service comes, and one goes.
    let comes = format!(
        "{STAYS}[[service]]\nname = \"comes\"\nplugin = \"says.lua\"\nlisten = \"127.0.0.1:0\"\n"
    );
    folder.write("eco.toml", comes);
    reload(&server, &mut stays);
    let line = server.line();
    assert!(line.contains("(service comes, plugin "), "{line}");
    assert_eq!(ask(listened_on(&line)), "three");
    old.expect_end();
    only.expect_end();
    assert!(!socket.exists());
    server.logged(&["stopped", "service=changes"]);

    // Nothing: the sockets are those that were there at the start.
    reload(&server, &mut stays);
    let mut last = Peer::connect(stays_at);
    last.send(b"last").expect(b"last").finish().expect_end();
    stays.finish().expect_end();
    server.terminate();
    let exited = server.wait();
    assert_eq!(exited.code, 0);
    assert_eq!(exited.text(), "", "nothing is listened on anew");
}

#[test]
fn a_file_that_is_wrong_changes_nothing() {
    let folder = Folder::new("reload-wrong");
    says(&folder, "one");
    let listens = |more: &str| changes(&format!("listen = ['127.0.0.1:0', 'unix:s'{more}]"));
    folder.write("eco.toml", listens(""));
    let (mut server, addresses) = folder.serve(2);
    let mut stays = Peer::connect(addresses[0]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let taken = taken.local_addr().expect("it is bound");
    folder.write("broken.lua", "function receive() retrun end");
    let other = "[[service]]\nname = 'other'\nlisten = 'unix:other'\n";
    let with_other = |text: &str| format!("{other}{text}");
    for (text, words) in [
        (String::new(), "eco.toml: it has no service"),
        (changes("cpu = 1"), "eco.toml:7:7: cpu: "),
        (changes("nonsense = 1"), "eco.toml:7:1: there is no key"),
        (with_other(&changes("plugin = 1")), "duplicate key"),
        (
            with_other(&listens("").replace("says.lua", "broken.lua")),
            "service changes: cannot use the plugin",
        ),
        (
            with_other(&listens(&format!(", '{taken}'"))),
            "cannot listen on 127.0.0.1",
        ),
        (
            with_other(&listens("").replace("unix:s", "unix:s,mode=600")),
            "This server itself listens on unix:",
        ),
        (
            with_other(&format!("{}state = 'redis://127.0.0.1:1'", listens(""))),
            "service changes: cannot use Redis",
        ),
    ] {
        // Of these, the plugin would work.
        says(&folder, "two");
        folder.write("eco.toml", &text);
        logs_again(
            &server,
            &mut stays,
            "not reloaded, nothing changes: ",
            || {
                server.signal(Signal::HUP);
            },
        );
        let log = server.log();
        let last = log.lines().rfind(|line| line.contains("not reloaded"));
        assert!(
            last.is_some_and(|line| line.contains(words)),
            "{text}\n{last:?}"
        );
        assert_eq!(ask(addresses[1]), "one", "{text}");
        assert!(!folder.0.join("other").exists(), "{text}");
    }
    std::fs::remove_file(folder.0.join("eco.toml")).expect("it is there");
    logs_again(&server, &mut stays, "eco.toml: cannot read it", || {
        server.signal(Signal::HUP);
    });
    folder.write("eco.toml", listens(""));
    reload(&server, &mut stays);
    assert_eq!(ask(addresses[1]), "two");
    assert!(server.is_running());
}

#[test]
fn a_socket_goes_from_one_service_to_another_and_is_never_closed() {
    let folder = Folder::new("reload-moves");
    says(&folder, "two");
    let services = |one: &str, two: &str| {
        format!(
            "{STAYS}[[service]]\nname = \"one\"\nlisten = [\"127.0.0.1:0\"{one}]\n[[service]]\nname = \"two\"\nplugin = \"says.lua\"\nlisten = [\"127.0.0.1:0\"{two}]\n"
        )
    };
    let socket = ", \"unix:socket\"";
    folder.write("eco.toml", services(socket, ""));
    let (mut server, addresses) = folder.serve(2);
    assert!(server.line().contains("socket (service one, plugin echo)"));
    let mut stays = Peer::connect(addresses[0]);
    let connect = || UnixStream::connect(folder.0.join("socket")).expect("it is listened on");
    let ask = |stream: &mut UnixStream, bytes: &[u8], answer: &[u8]| {
        let mut came = vec![0; answer.len()];
        stream.write_all(bytes).expect("the server reads");
        stream.read_exact(&mut came).expect("the server replies");
        assert_same(&came, answer);
    };
    let file = || std::fs::metadata(folder.0.join("socket")).expect("it is there");
    let made = file().ino();
    let mut before = connect();
    ask(&mut before, b"one", b"one");
    folder.write("eco.toml", services("", socket));
    reload(&server, &mut stays);
    ask(&mut connect(), b"?", b"two\n");
    ask(&mut before, b"still one", b"still one");
    folder.write("eco.toml", services(socket, ""));
    reload(&server, &mut stays);
    ask(&mut connect(), b"one again", b"one again");
    ask(&mut before, b"one", b"one");
    assert_eq!(file().ino(), made, "it is the same socket");
}

#[test]
fn what_is_kept_in_a_file_and_what_is_watched_stays_when_the_file_is_read_again() {
    let folder = Folder::new("reload-state");
    folder.write(
        "counts.js",
        "function receive() { return `${store.add('n', 1)}\\n` }",
    );
    let text = |lines: &str| {
        format!(
            "{STAYS}[[service]]\nname = \"counts\"\nplugin = \"counts.js\"\nlisten = \"127.0.0.1:0\"\nwatch = true\nstate = \"file:counts\"\n{lines}\n"
        )
    };
    folder.write("eco.toml", text(""));
    let (server, addresses) = folder.serve(2);
    let mut stays = Peer::connect(addresses[0]);
    assert_eq!(ask(addresses[1]), "1");
    // More places than there were: the plugin runs in another engine, with the same state.
    folder.write("eco.toml", text("max-connections = 1500"));
    reload(&server, &mut stays);
    assert_eq!(ask(addresses[1]), "2");
    // The file has one state at a time.
    folder.write("eco.toml", text("namespace = \"other\""));
    logs_again(&server, &mut stays, "with which eco was started", || {
        server.signal(Signal::HUP);
    });
    assert_eq!(ask(addresses[1]), "3");
    folder.write("eco.toml", text(""));
    reload(&server, &mut stays);
    logs_again(&server, &mut stays, "reloaded: new connections", || {
        folder.write("counts.js", "function receive() { return 'watched\\n' }");
    });
    assert_eq!(ask(addresses[1]), "watched");
}

#[test]
fn what_is_asked_of_websockets_changes_and_their_socket_stays() {
    let folder = Folder::new("websockets");
    let at = |place: &str| format!("{STAYS}[[service]]\nname = \"page\"\nlisten = \"{place}\"\n");
    folder.write("eco.toml", at("ws:127.0.0.1:0/old"));
    let mut server = folder.eco(&["serve", "--config"]).serve();
    let line = server.line();
    let url = line.strip_prefix("listening on ws://").expect("it says so");
    let (address, rest) = url.split_once('/').expect("it has a path");
    assert_eq!(rest, "old (service page, plugin echo)");
    let address: SocketAddr = address.parse().expect("an address");
    let mut old = Peer::connect(address);
    old.send(request("/old", "").as_bytes()).expect(RESPONSE);

    let mut stays = Peer::connect(server.address);
    let text = at("ws:127.0.0.1:0/new,text") + "ws-origin = \"https://chat.example\"\n";
    folder.write("eco.toml", text);
    reload(&server, &mut stays);
    let answer = |path: &str, origin: &str| {
        let header = format!("Origin: {origin}\r\n");
        Peer::connect(address)
            .send(request(path, &header).as_bytes())
            .line()
    };
    let page = "https://chat.example";
    assert!(answer("/old", page).contains(" 404 "));
    assert!(answer("/new", "http://127.0.0.1:8000").contains(" 403 "));
    assert!(answer("/new", page).contains(" 101 "));
    let mut new = Peer::connect(address);
    new.send(request("/new", "").as_bytes()).expect(RESPONSE);
    new.send(&frame(0x81, b"new")).expect(b"\x81\x03new");
    old.send(&frame(0x82, b"old")).expect(b"\x82\x03old");
}

#[test]
fn an_address_is_not_given_up_with_the_one_that_includes_it() {
    let folder = Folder::new("reload-included");
    says(&folder, "here");
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let at = port.local_addr().expect("it is bound");
    drop(port);
    let all = format!("0.0.0.0:{}", at.port());
    folder.write("eco.toml", changes(&format!("listen = ['{all}', '{at}']")));
    let (server, addresses) = folder.serve(2);
    let mut stays = Peer::connect(addresses[0]);
    reload(&server, &mut stays);
    assert_eq!(ask(at), "here");
    folder.write("eco.toml", changes(&format!("listen = '{at}'")));
    let words = format!("This server itself listens on {all}");
    logs_again(&server, &mut stays, &words, || server.signal(Signal::HUP));
    assert_eq!(ask(at), "here");
    for listen in ["127.0.0.1:0".to_owned(), at.to_string()] {
        folder.write("eco.toml", changes(&format!("listen = '{listen}'")));
        reload(&server, &mut stays);
    }
    assert_eq!(ask(at), "here");
}

#[test]
fn a_plugin_whose_folder_was_away_is_watched_again_once_the_file_is_read_again() {
    let folder = Folder::new("reload-away");
    let plugins = folder.0.join("plugins");
    let put = |word: &str| {
        std::fs::create_dir_all(&plugins).expect("the folder is ours");
        let text = format!("function receive() return '{word}\\n' end");
        std::fs::write(plugins.join("says.lua"), text).expect("the folder is ours");
    };
    put("one");
    let text = changes("listen = '127.0.0.1:0'\nwatch = true");
    folder.write("eco.toml", text.replace("says.lua", "plugins/says.lua"));
    let (server, addresses) = folder.serve(2);
    let mut stays = Peer::connect(addresses[0]);
    logs_again(&server, &mut stays, "is gone", || {
        std::fs::remove_dir_all(&plugins).expect("it is there");
    });
    put("two");
    reload(&server, &mut stays);
    logs_again(&server, &mut stays, "reloaded: new connections", || {
        put("three")
    });
    assert_eq!(ask(addresses[1]), "three");
}
