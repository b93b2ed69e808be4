//! The values of keys: their kinds, relative paths, what stands for a secret, and flags beside the file.

use super::{Folder, by_schema, listened_on};
use crate::harness::{Eco, assert_same};
use crate::support::{Peer, converse};
use std::os::unix::net::UnixStream;

#[test]
fn every_kind_of_value_is_taken_and_relative_paths_begin_in_the_folder_of_the_file() {
    let folder = Folder::new("values");
    folder.write(
        "length.lua",
        "function receive(chunk) return #chunk .. '\\n' end",
    );
    let text = r#"
        total-memory = "1GiB"
        [[service]]
        name = "length"
        plugin = "length.lua"
        listen = ["127.0.0.1:0", "127.0.0.1:0", "unix:length.sock,mode=600"]
        chunk-size = 0x10
        max-connections = 1_000
        idle-timeout = "5m"
        write-timeout = 0
        snapshot = "first"
        watch = true
        state = "file:length.state"
        [[service]]
        name = "echo"
        plugin = "echo"
        listen = "127.0.0.1:0"
        watch = false
        cpu = "50ms"
    "#;
    folder.write("eco.toml", text);
    assert_eq!(by_schema(text), None);
    let (mut server, addresses) = folder.serve(2);
    let unix = server.line();
    let socket = folder.0.join("length.sock");
    assert!(
        unix.contains(&format!(
            "unix:{} (service length, plugin ",
            socket.display()
        )),
        "{unix}"
    );
    let echo = server.line();
    assert!(echo.ends_with("(service echo, plugin echo)"), "{echo}");
    assert_ne!(
        addresses[0], addresses[1],
        "port 0 is another one each time"
    );
    for address in &addresses {
        let mut peer = Peer::connect(*address);
        assert_eq!(peer.send(&[7; 40]).line(), "16");
    }
    UnixStream::connect(&socket).expect("it is listened on");
    assert_same(&converse(listened_on(&echo), &[7; 40]), &[7; 40]);
    // The store has the name of the service, whatever its plugin is called.
    server.logged(&[
        "the store is kept in",
        "namespace=\"length\"",
        "service=length",
    ]);
    assert!(folder.0.join("length.state").is_file());
    server.terminate();
    assert_eq!(server.wait().code, 0);
    assert!(!socket.exists());
}

#[test]
fn secrets_come_from_the_environment_or_a_file_and_are_never_shown() {
    const SECRET: &str = "correct-horse";
    let folder = Folder::new("secrets");
    folder.write("redis", format!("redis://:{SECRET}@127.0.0.1:1/0\n"));
    for (line, code, words) in [
        (
            "state = \"redis://:${ECO_TEST_SECRET}@127.0.0.1:1/0\"",
            69,
            "127.0.0.1:1",
        ),
        ("state = \"${file:redis}\"", 69, "127.0.0.1:1"),
        (
            "state = \"${file:${ECO_TEST_FOLDER}/redis}\"",
            69,
            "127.0.0.1:1",
        ),
        (
            "state = \"${ECO_TEST_SECRET}\"",
            64,
            "eco.toml:4:9: `state` takes no such value",
        ),
        (
            "cpu = \"${ECO_TEST_SECRET}\"",
            64,
            "eco.toml:4:7: `cpu` takes no such value",
        ),
        (
            "snapshot = \"${ECO_TEST_SECRET}\"",
            64,
            "eco.toml:4:12: `snapshot` takes no such",
        ),
        (
            "namespace = \"{${ECO_TEST_SECRET}}\"",
            64,
            "eco.toml:4:13: `namespace` takes",
        ),
        (
            "listen = [\"127.0.0.1:${ECO_TEST_SECRET}\"]",
            64,
            "eco.toml:4:11: `listen` takes",
        ),
    ] {
        let text = format!("[[service]]\nname = \"a\"\nlisten = \"127.0.0.1:0\"\n{line}\n");
        let text = match line.starts_with("listen") {
            true => text.replacen("listen = \"127.0.0.1:0\"", "", 1),
            false => text,
        };
        folder.write("eco.toml", &text);
        let served = folder
            .eco(&["serve", "-v", "--config"])
            .env("ECO_TEST_SECRET", SECRET)
            .env("ECO_TEST_FOLDER", &folder.0)
            .run(b"");
        let told = &served.stderr;
        assert_eq!(served.code, code, "{text}\n{told}");
        assert!(told.contains(words), "{text}\n{told}");
        assert!(
            !told.contains(SECRET) && !told.contains("horse"),
            "{text}\n{told}"
        );
    }
}

#[test]
fn flags_win_over_the_file_of_a_single_service_and_are_a_mistake_beside_several() {
    let folder = Folder::new("flags");
    folder.write(
        "length.lua",
        "function receive(chunk) return #chunk .. '\\n' end",
    );
    let one = "[[service]]\nname = \"a\"\nplugin = \"nowhere.js\"\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\nchunk-size = 16\n";
    folder.write("eco.toml", one);
    let plugin = folder.0.join("length.lua").display().to_string();
    // A flag that is a list replaces the whole list; and what is not typed is the file's.
    let server = folder
        .eco(&["serve", &plugin, "-l", "127.0.0.1:0", "-q", "--config"])
        .serve();
    assert_eq!(Peer::connect(server.address).send(&[7; 40]).line(), "16");
    server.terminate();
    assert_eq!(server.wait().code, 0);
    let several = format!("{one}[[service]]\nname = \"b\"\n");
    folder.write("eco.toml", several);
    for arguments in [
        ["serve", "--cpu", "1s", "--config"],
        ["serve", "-l", "127.0.0.1:0", "--config"],
        ["serve", "--watch", "-v", "--config"],
    ] {
        let served = folder.eco(&arguments).run(b"");
        assert_eq!(served.code, 64, "{arguments:?} {}", served.stderr);
        let words = "is about a service, and the file has 2";
        assert!(
            served.stderr.contains(words),
            "{arguments:?} {}",
            served.stderr
        );
    }
    // What is about all services may be typed.
    let served = folder
        .eco(&["serve", "--total-memory", "1GiB", "--config"])
        .run(b"");
    assert_eq!(served.code, 65, "{}", served.stderr);
}

#[test]
fn every_flag_of_a_service_is_a_key_with_its_help() {
    let schema = Eco::new(&["config", "schema"]).run(b"").text();
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    let keys = &schema["properties"]["service"]["items"]["properties"];
    let help = Eco::new(&["serve", "--help"])
        .env("COLUMNS", "10000")
        .run(b"")
        .text();
    let flags: Vec<&str> = help
        .lines()
        .filter_map(|line| line.split_once("--"))
        .filter(|(before, _)| before.trim().is_empty() || before.trim().ends_with(','))
        .filter_map(|(_, flag)| flag.split([' ', '=', '.']).next())
        .collect();
    assert!(flags.len() > 30, "{flags:?}");
    let log = ["log-level", "verbose", "quiet", "log-format"];
    for flag in flags {
        let of_process = ["config", "help", "total-memory", "admin", "open"];
        let is_key = !log.contains(&flag) && !of_process.contains(&flag);
        assert_eq!(keys[flag].is_object(), is_key, "{flag}");
        if is_key {
            let words = keys[flag]["description"].as_str().unwrap_or_default();
            assert!(!words.is_empty(), "{flag}");
        }
    }
    for key in ["total-memory", "admin"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}
