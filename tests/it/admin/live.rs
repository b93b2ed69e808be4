//! The connections as a page asks for them: which there are, and what happens on each.

use super::{get, get_with, page_of};
use crate::harness::Eco;
use crate::support::{Peer, empty_folder, plugin_file, serve};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

const SCRIPT: &str = "function receive(chunk)
  print('got ' .. #chunk)
  return chunk:upper()
end
function end_of_input() return 'bye' end";

#[track_caller]
fn json_of(admin: SocketAddr, path: &str, token: &str) -> Value {
    let answer = get_with(admin, path, token);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).expect("it is JSON")
}

/// The kinds of these events, with the bytes of those that have some.
fn kinds(events: &Value) -> Vec<String> {
    let events = events["events"].as_array().expect("there are events");
    let kind = |event: &Value| {
        let kind = event["kind"].as_str().expect("each has a kind");
        match (event["data"].as_str(), event["function"].as_str()) {
            (Some(data), _) => format!("{kind} {data}"),
            (_, Some(function)) => format!("{kind} {function}"),
            _ => kind.to_owned(),
        }
    };
    events.iter().map(kind).collect()
}

/// The events of a connection, once it is over.
#[track_caller]
fn whole(admin: SocketAddr, id: u64, token: &str) -> Value {
    let deadline = Instant::now() + super::PATIENCE;
    loop {
        let events = json_of(admin, &format!("/events.json?id={id}&from=0"), token);
        if events["is_over"] == true {
            return events;
        }
        assert!(Instant::now() < deadline, "{events}");
    }
}

#[test]
fn a_dialogue_is_shown_in_its_order_with_the_lines_of_the_plugin() {
    let folder = empty_folder("live-dialogue");
    let script = folder.join("up.lua");
    std::fs::write(&script, SCRIPT).expect("a file");
    let arguments = [
        "--admin",
        "127.0.0.1:0",
        "-p",
        script.to_str().expect("text"),
    ];
    let mut server = serve(&arguments);
    let (admin, token) = page_of(&mut server);
    let all = json_of(admin, "/connections.json", &token);
    assert_eq!(all["services"][0]["connections"], json!([]));

    let mut peer = Peer::connect(server.address);
    peer.send(b"hello").expect(b"HELLO");
    // What was sent is counted a moment after the peer has it.
    let deadline = Instant::now() + super::PATIENCE;
    let open = loop {
        let all = json_of(admin, "/connections.json", &token);
        let open = all["services"][0]["connections"][0].clone();
        if open["sent"] == 5 {
            break open;
        }
        assert!(Instant::now() < deadline, "{all}");
    };
    assert_eq!(open["id"], 1);
    assert_eq!((&open["received"], &open["chunks"]), (&json!(5), &json!(1)));
    assert_eq!((&open["kept"], &open["version"]), (&json!(true), &json!(1)));
    peer.finish();
    peer.expect(b"bye").expect_end();

    let events = whole(admin, 1, &token);
    assert_eq!(
        kinds(&events),
        [
            "opened",
            "called open",
            "received aGVsbG8=",
            "said",
            "called receive",
            "sent SEVMTE8=",
            "fin-received",
            "called end-of-input",
            "sent Ynll",
            "fin-sent",
            "ended"
        ]
    );
    let said = &events["events"][3];
    assert_eq!(
        (&said["line"], &said["level"]),
        (&json!("\"got 5\""), &json!("info"))
    );
    let all = json_of(admin, "/connections.json", &token);
    let ended = &all["services"][0]["ended"][0];
    assert_eq!(
        (&ended["id"], &ended["reason"]),
        (&json!(1), &json!("ended"))
    );
    assert_eq!((&ended["received"], &ended["sent"]), (&json!(5), &json!(8)));
    let unknown = get_with(admin, "/events.json?id=2&from=0", &token);
    assert_eq!(unknown.status, 404);
    for broken in ["", "?id=1", "?id=-1&from=0", "?id=1&from=x", "?id=%&from=0"] {
        let answer = get_with(admin, &format!("/events.json{broken}"), &token);
        assert_eq!(answer.status, 400, "{broken}");
    }
    let other = get_with(admin, "/events.json?service=other&id=1&from=0", &token);
    assert_eq!(other.body, "there is no such service\n");
}

/// Sets a timer, hears a topic, and fails at what is long.
const EVENTS: &str = r#"
function receive(chunk) {
    if (chunk.length > 3) throw new Error("too long");
    if (new TextDecoder().decode(chunk) === "say") {
        publish("room", "x");
        return chunk;
    }
    subscribe("room");
    setTimeout(() => "t", 1);
    return chunk;
}
function message() { return "m"; }
"#;

#[test]
fn events_and_calls_that_fail_are_shown_too() {
    let plugin = plugin_file("live-events.js", EVENTS);
    let mut server = serve(&["--admin", "127.0.0.1:0", "-p", &plugin]);
    let (admin, token) = page_of(&mut server);
    json_of(admin, "/connections.json", &token);
    let (mut peer, mut other) = (Peer::connect(server.address), Peer::connect(server.address));
    peer.send(b"hi").expect(b"hit");
    other.send(b"say").expect(b"say");
    peer.expect(b"m").send(b"long").expect_reset();
    let events = whole(admin, 1, &token);
    assert_eq!(
        kinds(&events),
        [
            "opened",
            "called open",
            "received aGk=",
            "called receive",
            "sent aGk=",
            "called event",
            "sent dA==",
            "called event",
            "sent bQ==",
            "received bG9uZw==",
            "called receive",
            "ended"
        ]
    );
    let event = |number: usize| &events["events"][number]["event"];
    assert_eq!(*event(5), json!({ "kind": "timer", "topic": null }));
    assert_eq!(*event(7), json!({ "kind": "message", "topic": "\"room\"" }));
    let ended = &events["events"][11];
    assert_eq!(ended["reason"], "failed");
    assert!(ended["error"].to_string().contains("too long"), "{ended}");
}

#[test]
fn whoever_asks_for_events_waits_for_them() {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let (admin, token) = page_of(&mut server);
    let mut peer = Peer::connect(server.address);
    peer.send(b"1").expect(b"1");
    let first = json_of(admin, "/events.json?id=1&from=0", &token);
    // Nobody looked when it came.
    assert_eq!(kinds(&first), ["gap"]);
    // A chunk that comes before it waits is there at once, so that the outcome is the same.
    let asks = std::thread::spawn(move || {
        let mut from = 1;
        loop {
            let events = json_of(admin, &format!("/events.json?id=1&from={from}"), &token);
            if kinds(&events).contains(&"received Mg==".to_owned()) {
                return;
            }
            from = events["next"].as_u64().expect("a number");
        }
    });
    peer.send(b"2").expect(b"2");
    asks.join().expect("it is answered");
}

#[test]
fn peers_bytes_are_for_nobody_without_the_token() {
    let mut server = serve(&["--admin", "127.0.0.1:0", "--log-format", "json", "-v"]);
    let (admin, token) = page_of(&mut server);
    // No digit is a g.
    let wrong = format!("{}g", &token[..token.len() - 1]);
    for path in ["/connections.json", "/events.json?id=1&from=0"] {
        assert_eq!(get(admin, path).status, 401);
        assert_eq!(get_with(admin, path, &wrong).status, 401);
        // The token is no part of a URL, which others may see.
        assert_eq!(get(admin, &format!("{path}?token={token}")).status, 401);
        assert_ne!(get_with(admin, path, &token).status, 401);
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(get(admin, path).status, 200);
    }
    server.terminate();
    server.logged(&["stopped"]);
    assert!(!server.log().contains(&token), "the log has the token");
}

#[test]
fn open_gives_the_browser_a_file_that_only_its_user_can_read() {
    let folder = empty_folder("live-open");
    let (program, opened) = (folder.join("xdg-open"), folder.join("opened"));
    let script = "#!/bin/sh\n{ stat -c %a \"$1\"; echo \"$1\"; cat \"$1\"; } > opened.part && mv opened.part opened\n";
    std::fs::write(&program, script).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("it can be run");
    let path = format!(
        "{}:{}",
        folder.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    std::fs::write(folder.join("it.lua"), "function receive() end").expect("a file");
    let mut server = Eco::new(&["serve", "-l", "127.0.0.1:0", "--open", "it.lua"])
        .env("PATH", path)
        .inside(&folder)
        .serve();
    let (admin, token) = page_of(&mut server);
    assert!(admin.ip().is_loopback());
    let text = appears(&opened);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("600"));
    let file = lines.next().expect("it is opened by its path").to_owned();
    assert!(
        text.contains(&format!("url=http://{admin}/#token={token}\"")),
        "{text}"
    );
    server.signal(rustix::process::Signal::HUP);
    server.logged(&["reloaded: new connections get the new version"]);
    let log = server.log();
    assert!(!log.contains("--admin is as it was"), "{log}");
    server.terminate();
    server.wait();
    assert!(!Path::new(&file).exists(), "{file} is left behind");
}

#[test]
fn open_says_so_where_no_browser_can_come_and_goes_on_serving() {
    let folder = empty_folder("live-no-browser");
    // Programs of the test's own alone, and there are none.
    let nothing = folder.join("nothing");
    std::fs::create_dir(&nothing).expect("a folder");
    for (admin, words) in [
        (
            "unix:admin",
            "--open needs an --admin that a browser can reach",
        ),
        ("127.0.0.1:0", "the browser does not start"),
    ] {
        let flags = ["serve", "-l", "127.0.0.1:0", "--open", "--admin", admin];
        let server = Eco::new(&flags)
            .env("PATH", &nothing)
            .inside(&folder)
            .serve();
        server.logged(&[words]);
        Peer::connect(server.address).send(b"hi").expect(b"hi");
    }
}

/// The contents of a file, as soon as it is there.
#[track_caller]
fn appears(file: &Path) -> String {
    let deadline = Instant::now() + super::PATIENCE;
    loop {
        if let Ok(text) = std::fs::read_to_string(file) {
            return text;
        }
        assert!(Instant::now() < deadline, "{} never comes", file.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}
