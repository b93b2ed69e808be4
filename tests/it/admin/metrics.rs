//! The metrics after traffic that is known.

use super::{Metrics, admin_of, answer_to, get, until};
use crate::harness::Eco;
use crate::redis_server::RedisServer;
use crate::support::{Peer, empty_folder, plugin_file, serve};
use std::io::Read as _;

/// Three services: an echo, one that does what its peer says, and one that keeps what it is told in a file.
const SERVICES: &str = r#"
admin = "127.0.0.1:0"
total-memory = "512MiB"

[[service]]
name = "echo"
listen = "127.0.0.1:0"
max-connections = 7

[[service]]
name = "does"
plugin = "does.lua"
listen = "127.0.0.1:0"
cpu = "20ms"
max-connections = 2
max-connections-per-peer = 2

[[service]]
name = "keeps"
plugin = "does.lua"
state = "file:kept"
listen = "127.0.0.1:0"
max-connections-per-peer = 1
"#;

const DOES: &str = r#"
function receive(chunk)
  if chunk == "loop" then while true do end end
  if chunk == "fail" then error("as it was told: secret-of-the-peer") end
  if chunk == "room" then subscribe("secret-topic", "secret-label") end
  if chunk == "keep" then store.set("secret-key", "value") end
  return "done\n"
end
function message() end
"#;

#[test]
fn each_family_shows_what_has_happened_and_no_word_of_a_stranger() {
    let folder = empty_folder("admin-metrics");
    std::fs::write(folder.join("eco.toml"), SERVICES).expect("the folder is ours");
    std::fs::write(folder.join("does.lua"), DOES).expect("the folder is ours");
    let eco = Eco::new(&["serve", "--config", "eco.toml"]).inside(&folder);
    let mut server = eco.serve();
    let echo = server.address;
    let [does, keeps] = [(); 2].map(|()| super::listened_on(&server.line()));
    let admin = admin_of(&mut server);

    // Two that have ended, one of which was reset, and one that goes on.
    let mut open = Peer::connect(echo);
    open.send(b"hello").expect(b"hello");
    let mut ended = Peer::connect(echo);
    ended.send(b"abc").expect(b"abc").finish().expect_end();
    let mut reset = Peer::connect(echo);
    reset.send(b"xy").expect(b"xy");
    reset.reset();
    let metrics = until(admin, |metrics| {
        metrics.value(r#"eco_connections_open{service="echo"}"#) == 1.0
    });
    let of_echo =
        |name: &str, labels: &str| metrics.value(&format!(r#"{name}{{service="echo"{labels}}}"#));
    for (name, value) in [
        ("eco_connections_accepted_total", 3.0),
        ("eco_connections_limit", 7.0),
        ("eco_connections_waiting", 0.0),
        ("eco_connections_waited_total", 0.0),
        ("eco_received_bytes_total", 10.0),
        ("eco_sent_bytes_total", 10.0),
        ("eco_chunks_total", 3.0),
        ("eco_instances", 1.0),
        ("eco_compiling", 0.0),
        ("eco_plugin_version", 1.0),
        ("eco_state_up", 1.0),
        ("eco_topics", 0.0),
    ] {
        assert_eq!(of_echo(name, ""), value, "{name}");
    }
    let receive = r#",function="receive""#;
    for (name, labels, value) in [
        ("eco_connections_ended_total", r#",reason="ended""#, 1.0),
        (
            "eco_connections_ended_total",
            r#",reason="peer-reset""#,
            1.0,
        ),
        ("eco_call_duration_seconds_count", receive, 3.0),
        (
            "eco_call_duration_seconds_bucket",
            r#",function="receive",le="10.0""#,
            3.0,
        ),
        (
            "eco_call_duration_seconds_count",
            r#",function="open""#,
            0.0,
        ),
    ] {
        assert_eq!(of_echo(name, labels), value, "{name}{labels}");
    }
    assert!(of_echo("eco_call_cpu_seconds_total", receive) > 0.0);
    assert_eq!(
        metrics.value("eco_memory_limit_bytes"),
        f64::from(512 << 20)
    );
    assert!(metrics.value("eco_memory_bytes") > 0.0);

    // The plugin fails in two ways.
    Peer::connect(does).send(b"loop").expect_reset();
    Peer::connect(does).send(b"fail").expect_reset();
    let mut two = [(); 2].map(|()| Peer::connect(does));
    for peer in &mut two {
        peer.send(b"room").expect(b"done\n");
    }
    // All places are taken, so that the next one waits.
    let mut third = Peer::connect(does);
    let metrics = until(admin, |metrics| {
        metrics.value(r#"eco_connections_waiting{service="does"}"#) == 1.0
    });
    for (name, value) in [
        (
            r#"eco_connections_ended_total{service="does",reason="failed"}"#,
            2.0,
        ),
        (
            r#"eco_plugin_failures_total{service="does",error="budget",budget="cpu"}"#,
            1.0,
        ),
        (
            r#"eco_plugin_failures_total{service="does",error="plugin-error",budget=""}"#,
            1.0,
        ),
        (
            r#"eco_plugin_failures_total{service="does",error="trap",budget=""}"#,
            0.0,
        ),
        (r#"eco_topics{service="does"}"#, 1.0),
        (r#"eco_topic_members{service="does"}"#, 2.0),
        (r#"eco_events_missed_total{service="does"}"#, 0.0),
    ] {
        assert_eq!(metrics.value(name), value, "{name}");
    }
    drop(two);
    third.send(b"?").expect(b"done\n");
    let waited = r#"eco_connections_waited_total{service="does"}"#;
    assert!(Metrics::of(admin).value(waited) >= 1.0);

    let mut keep = Peer::connect(keeps);
    keep.send(b"keep").expect(b"done\n");
    // Another connection is too many for one peer.
    let _refused = Peer::connect(keeps);
    let refused = r#"eco_connections_refused_total{service="keeps",reason="too-many"}"#;
    until(admin, |metrics| metrics.value(refused) == 1.0);
    let text = get(admin, "/metrics").body;
    let metrics = Metrics::read(&text);
    assert_eq!(metrics.value(r#"eco_store_keys{service="keeps"}"#), 1.0);
    assert!(metrics.value(r#"eco_store_bytes{service="keeps"}"#) > 10.0);
    assert!(metrics.value(r#"eco_store_commits_total{service="keeps"}"#) >= 1.0);
    assert!(!metrics.has(r#"eco_store_commits_total{service="echo"}"#));
    for word in ["secret", "127.0.0.1", "does.lua"] {
        assert!(!text.contains(word), "{word}:\n{text}");
    }
}

#[test]
fn a_scraper_gets_the_format_that_it_asks_for() {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let admin = admin_of(&mut server);
    let ask = |accept: &str| {
        let request =
            format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n");
        answer_to(Peer::connect(admin).0, &request)
    };
    let classic = ask("text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
    assert!(
        classic
            .head
            .contains("content-type: text/plain; version=0.0.4"),
        "{}",
        classic.head
    );
    assert!(
        classic
            .body
            .contains("\n# TYPE eco_chunks_total counter\neco_chunks_total 0\n")
    );
    let open = ask("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
    assert!(
        open.head
            .contains("content-type: application/openmetrics-text; version=1.0.0")
    );
    assert!(
        open.body
            .contains("\n# TYPE eco_chunks counter\neco_chunks_total 0\n")
    );
    assert!(open.body.ends_with("\n# EOF\n"));
    let samples = |answer: &str| Metrics::read(answer).names();
    assert_eq!(samples(&classic.body), samples(&open.body));
}

#[test]
fn the_link_to_redis_is_shown_as_it_goes_and_comes_back() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let mut server = serve(&["--admin", "127.0.0.1:0", "--state", &redis.url()]);
    let admin = admin_of(&mut server);
    let is = |up: f64| move |metrics: &Metrics| metrics.value("eco_state_up") == up;
    let metrics = until(admin, is(1.0));
    // Only Redis knows what its store has.
    assert!(!metrics.has("eco_store_keys{") && !metrics.has("eco_store_bytes{"));
    redis.kill();
    until(admin, is(0.0));
    redis.start_again();
    until(admin, is(1.0));
}

#[test]
fn lines_that_the_log_has_lost_are_shown_as_the_log_counts_them() {
    let text = "local words = ('x'):rep(200)
        function receive(chunk) for _ = 1, 900 do print(words) end return chunk end";
    let plugin = plugin_file("talks-much.lua", text);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let flags = ["--admin", "127.0.0.1:0", "-p", &plugin];
    let eco = Eco::new(&[&["serve", "-l", "127.0.0.1:0"][..], &flags].concat());
    let mut server = eco.stderr(writer).serve();
    let admin = admin_of(&mut server);
    let lost = |words| format!(r#"eco_log_lines_lost_total{{words="{words}"}}"#);
    assert_eq!(Metrics::of(admin).value(&lost("said")), 0.0);
    // Nobody reads, and 7 MiB of what it says are more than wait.
    for _ in 0..40 {
        Peer::connect(server.address).send(b"?").expect(b"?");
    }
    let metrics = Metrics::of(admin);
    let said = metrics.value(&lost("said"));
    assert!(said > 0.0);
    assert_eq!(metrics.value(&lost("own")), 0.0);
    let reading = std::thread::spawn(move || {
        let mut log = String::new();
        reader.read_to_string(&mut log).expect("it is text");
        log
    });
    server.terminate();
    assert_eq!(server.wait().code, 0);
    let log = reading.join().expect("it reads to the end");
    let missing = log
        .lines()
        .filter(|line| line.contains("lines are missing here"));
    let counts = missing.flat_map(|line| line.split("said=").nth(1)?.parse::<f64>().ok());
    assert_eq!(counts.sum::<f64>(), said);
}
