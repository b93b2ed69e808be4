//! `eco load` against servers that are right, wrong at times, stalled, and gone.

use crate::harness::{Eco, Exited};
use crate::support::{plugin_file, project_file, serve, terminal};
use serde_json::Value;
use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// The bytes of the built-in client's own message.
const MESSAGE: u64 = 42;

/// A server written in the test, with a thread for each connection, which is told its number.
fn server(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens");
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(number, stream));
        }
    });
    address
}

/// Echoes so many messages of the built-in client.
fn echo(stream: &mut TcpStream, messages: usize) {
    let mut message = [0; MESSAGE as usize];
    for _ in 0..messages {
        if stream.read_exact(&mut message).is_err() || stream.write_all(&message).is_err() {
            return;
        }
    }
}

fn load(to: SocketAddr, arguments: &[&str]) -> Exited {
    Eco::new(&["load", "--to", &to.to_string()])
        .args(arguments)
        .run(b"")
}

/// The figures of a run with `--json`, which must end with this code.
#[track_caller]
fn figures(to: SocketAddr, code: i32, arguments: &[&str]) -> Value {
    let exited = load(to, &[&["--json"], arguments].concat());
    assert_eq!(exited.code, code, "{}", exited.stderr);
    serde_json::from_slice(&exited.stdout).expect("one JSON object")
}

/// How many dialogues failed for this cause.
fn failed(figures: &Value, cause: &str) -> u64 {
    let mut errors = figures["errors"].as_array().expect("a list").iter();
    let found = errors.find(|error| error["cause"] == cause);
    found.map_or(0, |error| error["count"].as_u64().expect("a number"))
}

#[test]
fn every_dialogue_and_byte_is_counted() {
    let eco = serve(&["-q"]);
    let figures = figures(eco.address, 0, &["-n", "500", "-c", "4", "--threads", "2"]);
    for (name, total) in [
        ("dialogues", 500),
        ("turns", 500),
        ("sent", 500 * MESSAGE),
        ("received", 500 * MESSAGE),
    ] {
        assert_eq!(figures[name]["total"], total, "{name}");
    }
    assert_eq!(figures["failed"], 0);
    assert_eq!(figures["turn"]["count"], 500);
    // A thread that starts late may find nothing left to do.
    let connected = figures["connected"]["total"].as_u64().expect("a number");
    assert!((1..=4).contains(&connected), "{connected} connections");
    assert_eq!(figures["connect"]["count"], connected);
    let times = ["p50", "p90", "p99", "p99.9", "max"].map(|name| {
        let time = figures["turn"][name].as_f64();
        time.expect("a time")
    });
    assert!(times.is_sorted() && times[0] > 0.0, "{times:?}");
}

#[test]
fn the_table_says_the_same_in_words() {
    let eco = serve(&["-q"]);
    let exited = load(eco.address, &["-n", "2000", "-c", "1"]);
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    let table = String::from_utf8(exited.stdout).expect("text");
    for words in [
        "1 connection, 1 thread",
        "dialogues",
        "2,000",
        "p99.9",
        "turn",
    ] {
        assert!(table.contains(words), "{words:?} is missing in\n{table}");
    }
}

#[test]
fn the_page_says_when_by_which_version_and_what_was_sent() {
    let eco = serve(&["-q"]);
    let page = plugin_file("load.html", "");
    let page_of = ["-n", "500", "-c", "2", "--size", "2KiB", "--html", &page];
    let figures = figures(eco.address, 0, &page_of);
    let page = std::fs::read_to_string(&page).expect("it is written");
    let (version, date) = (env!("CARGO_PKG_VERSION"), &figures["date"]);
    let date = date.as_str().expect("a date");
    for words in [
        "messages of 2.0 KiB · replies of 2.0 KiB",
        &format!("eco {version}, <time>{date}</time>"),
    ] {
        assert!(page.contains(words), "{words:?} is missing in\n{page}");
    }
    assert_eq!(figures["version"], version);
    let began = humantime::parse_rfc3339(date).expect("a date");
    let age = began.elapsed().expect("it is over");
    assert!(age < Duration::from_secs(120), "{age:?}");
}

#[test]
fn the_figures_have_no_digits_that_mean_nothing() {
    let eco = serve(&["-q"]);
    let exited = load(eco.address, &["-n", "3000", "-c", "2", "--json"]);
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    let json = exited.text();
    let percentiles: Vec<&str> = json
        .split("\"percentile\":")
        .skip(1)
        .filter_map(|rest| rest.split(',').next())
        .collect();
    assert!(percentiles.contains(&"30.0"), "{percentiles:?}");
    for percentile in percentiles {
        let (_, decimals) = percentile.split_once('.').expect("a fraction");
        assert!(decimals.len() <= 9, "{percentile}");
    }
}

#[test]
fn the_message_is_what_was_typed_or_random_bytes() {
    for (arguments, bytes) in [
        (&["hello"][..], 5),
        (&["--size", "1000"], 1000),
        (&["--size", "2MiB"], 2 << 20),
    ] {
        let eco = serve(&["-q"]);
        let figures = figures(
            eco.address,
            0,
            &[arguments, &["-n", "3", "-c", "1"]].concat(),
        );
        assert_eq!(figures["sent"]["total"], 3 * bytes, "{arguments:?}");
        assert_eq!(figures["received"]["total"], 3 * bytes, "{arguments:?}");
    }
}

#[test]
fn an_address_where_the_message_goes_is_pointed_out() {
    let eco = serve(&["-q"]);
    let exited = load(eco.address, &["localhost:7", "-n", "1", "-c", "1"]);
    assert_eq!(exited.code, 0, "{}", exited.stderr);
    assert!(
        exited.stderr.contains("--to names the server"),
        "{}",
        exited.stderr
    );
}

#[test]
fn a_wrong_reply_is_no_fast_success_but_an_error_with_its_hexdump() {
    // Right so often that the client knows the dialogue by heart, then wrong in one byte.
    let address = server(|number, mut stream| {
        echo(&mut stream, 20);
        let mut message = [0; MESSAGE as usize];
        if number == 0 && stream.read_exact(&mut message).is_ok() {
            message[5] ^= 1;
            let _ = stream.write_all(&message);
        }
        echo(&mut stream, usize::MAX);
    });
    let exited = load(address, &["-n", "100", "-c", "1", "--json"]);
    assert_eq!(exited.code, 1);
    for words in [
        "1 reply was wrong",
        "the reply differs from the message, at byte 5 of 42",
        "|This hs the mess|",
    ] {
        assert!(
            exited.stderr.contains(words),
            "{words:?} in\n{}",
            exited.stderr
        );
    }
    let figures: Value = serde_json::from_slice(&exited.stdout).expect("one JSON object");
    assert_eq!(figures["dialogues"]["total"], 99);
    assert_eq!(failed(&figures, "wrong-reply"), 1);
    // The connection was given up with it.
    assert_eq!(figures["connected"]["total"], 2);
}

#[test]
fn bytes_beyond_the_reply_are_wrong_too_and_no_error_share_forgives_them() {
    let address = server(|_, mut stream| {
        let mut message = [0; MESSAGE as usize];
        while stream.read_exact(&mut message).is_ok() {
            let _ = stream.write_all(&[&message[..], b"!"].concat());
        }
    });
    let exited = load(address, &["-n", "3", "-c", "1", "--max-errors", "100%"]);
    assert_eq!(exited.code, 1);
    let words = "1 bytes came beyond what was expected: \"!\"";
    assert!(exited.stderr.contains(words), "{}", exited.stderr);
}

#[test]
fn a_server_that_closes_after_each_dialogue_wants_new_connections() {
    let closing = || server(|_, mut stream| echo(&mut stream, 1));
    let exited = load(closing(), &["-n", "4", "-c", "1"]);
    assert_eq!(exited.code, 1);
    assert!(
        exited.stderr.contains("wants --reconnect"),
        "{}",
        exited.stderr
    );
    let figures = figures(closing(), 0, &["-n", "4", "-c", "1", "--reconnect"]);
    assert_eq!(figures["connected"]["total"], 4);
}

#[test]
fn the_error_share_decides_where_no_reply_was_wrong() {
    // Nine dialogues, then the tenth finds the connection closed.
    let closing = || server(|_, mut stream| echo(&mut stream, 9));
    let exited = load(closing(), &["-n", "20", "-c", "1", "--max-errors", "9%"]);
    assert_eq!(exited.code, 1);
    let words = "10.00 % of the dialogues failed, and --max-errors is 9 %";
    assert!(exited.stderr.contains(words), "{}", exited.stderr);
    let arguments = ["-n", "20", "-c", "1", "--max-errors", "10%"];
    let figures = figures(closing(), 0, &arguments);
    assert_eq!(
        failed(&figures, "closed-early") + failed(&figures, "broken"),
        2
    );
}

#[test]
fn dialogues_of_several_turns_are_held_turn_by_turn() {
    let dialogue = project_file("tests/plugins/dialogue.wat");
    let address = server(|_, mut stream| {
        let _ = stream.write_all(b"welcome\npo");
        let _ = stream.read_exact(&mut [0; 5]);
        let _ = stream.write_all(b"ng\n");
        let _ = stream.read_to_end(&mut Vec::new());
        let _ = stream.write_all(b"the end");
    });
    let arguments = ["-p", &dialogue, "-n", "30", "-c", "3"];
    let figures = figures(address, 0, &arguments);
    assert_eq!(figures["dialogues"]["total"], 30);
    let turns = figures["turns"]["total"].as_u64().expect("a number");
    assert!(turns > 30 && turns.is_multiple_of(30), "{turns} turns");
    // It reads to the server's FIN, so that each dialogue has a connection of its own.
    assert_eq!(figures["connected"]["total"], 30);
}

#[test]
fn a_script_is_a_client_too_and_has_a_state_of_its_own_in_each_dialogue() {
    let script = "let turns = 0;
        function start(message) { return { send: message, exactly: message.length }; }
        function replied(reply) { if (++turns < 3) return { send: reply, exactly: reply.length }; }";
    let path = plugin_file("thrice.js", script);
    let eco = serve(&["-q"]);
    let figures = figures(eco.address, 0, &["abc", "-p", &path, "-n", "20", "-c", "2"]);
    assert_eq!(figures["dialogues"]["total"], 20);
    assert_eq!(figures["turns"]["total"], 60);
}

#[test]
fn a_server_that_stalls_can_not_hide_it() {
    // It answers five dialogues and then nothing more, for ever.
    let address = server(|_, mut stream| {
        echo(&mut stream, 5);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let arguments = ["-c", "1", "--rate", "100", "-d", "1s"];
    let figures = figures(address, 1, &arguments);
    assert_eq!(figures["dialogues"]["total"], 5);
    assert_eq!(failed(&figures, "unfinished"), 1);
    // All that was due in the rest of the time has waited since then, and counts.
    let seconds = figures["seconds"].as_f64().expect("a time");
    let due = (seconds * 100.0) as u64 + 1;
    assert_eq!(failed(&figures, "never-begun"), due - 6);
    let median = figures["turn"]["p50"].as_f64().expect("a time");
    assert!(median > 300e3, "half of them waited for {median} µs");
}

#[test]
fn what_is_under_way_at_the_end_may_come_to_its_end_and_raises_no_rate() {
    // It holds every reply back until the run is over, which it can tell by nothing but time.
    let address = server(|_, mut stream| {
        let mut message = [0; MESSAGE as usize];
        while stream.read_exact(&mut message).is_ok() {
            std::thread::sleep(Duration::from_millis(500));
            let _ = stream.write_all(&message);
        }
    });
    let figures = figures(address, 0, &["-c", "3", "-d", "100ms"]);
    assert_eq!(figures["dialogues"]["total"], 3);
    assert_eq!(figures["dialogues"]["per_second"], 0.0);
}

#[test]
fn a_dialogue_that_is_too_long_to_remember_is_held_all_the_same() {
    let eco = serve(&["-q", "--chunk-size", "1MiB"]);
    let arguments = ["--size", "20MiB", "-n", "2", "-c", "1"];
    let figures = figures(eco.address, 0, &arguments);
    assert_eq!(figures["received"]["total"], 40 << 20);
}

#[test]
fn a_plugin_that_fails_is_not_the_servers_fault() {
    let script = "function start(message) { throw new Error('no idea'); }";
    let path = plugin_file("fails.js", script);
    let eco = serve(&["-q"]);
    let arguments = ["-p", &path, "-n", "2", "--max-errors", "100%"];
    let exited = load(eco.address, &arguments);
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stderr.contains("no idea"), "{}", exited.stderr);
}

#[test]
fn numbers_beyond_all_measure_are_no_reason_to_panic() {
    let eco = serve(&["-q"]);
    for rate in ["1e300", "1e-300"] {
        let arguments = ["--rate", rate, "-d", "100ms", "-c", "1"];
        let exited = load(eco.address, &arguments);
        assert!([0, 1].contains(&exited.code), "{rate}: {}", exited.stderr);
        assert!(!exited.stderr.contains("panicked"), "{}", exited.stderr);
    }
    let arguments = ["-n", "5", "--timeout", "500000000y", "--ramp-up", "1ms"];
    let exited = load(eco.address, &arguments);
    assert_eq!(exited.code, 0, "{}", exited.stderr);
}

#[test]
fn a_load_that_sends_nothing_and_waits_for_nothing_is_refused() {
    let idle = "let turns = 0;
        function start() { return {}; }
        function replied() { if (++turns < 3) return {}; }";
    let idle = plugin_file("idle-client.js", idle);
    let eco = serve(&["-q"]);
    for arguments in [
        &["", "-c", "2"][..],
        // Of stdin, where there is nothing.
        &["-", "--rate", "5", "--json"],
        &["", "--reconnect"],
        &["-p", &idle, "-c", "2"],
        &["-p", &idle, "--rate", "5"],
    ] {
        let exited = load(eco.address, arguments);
        assert_eq!(exited.code, 64, "{arguments:?}: {}", exited.stderr);
        let words = "nothing sent is nothing measured";
        assert!(exited.stderr.contains(words), "{}", exited.stderr);
        assert_eq!(exited.text(), "");
    }
}

/// It reads what the server says by itself, which is a load.
#[test]
fn a_client_that_sends_nothing_and_reads_what_comes_is_measured() {
    let reader = "function start() { return { exactly: 5 }; }";
    let reader = plugin_file("reading-client.js", reader);
    let address = server(|_, mut stream| {
        let _ = stream.write_all(b"hello");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let figures = figures(
        address,
        0,
        &["-p", &reader, "-n", "20", "-c", "2", "--reconnect"],
    );
    assert_eq!(figures["dialogues"]["total"], 20);
    assert_eq!(figures["received"]["total"], 100);
    assert_eq!(figures["dialogue"]["count"], 20);
}

#[test]
fn dialogues_are_begun_at_the_rate_that_was_asked_for() {
    let eco = serve(&["-q"]);
    let begun = Instant::now();
    let arguments = ["-c", "2", "--rate", "200", "-n", "100"];
    let figures = figures(eco.address, 0, &arguments);
    assert!(begun.elapsed() >= Duration::from_millis(490));
    assert_eq!(figures["dialogues"]["total"], 100);
}

#[test]
fn connections_open_one_after_the_other_over_the_ramp() {
    let came = Arc::new(Mutex::new(Vec::new()));
    let seen = came.clone();
    let address = server(move |_, mut stream| {
        seen.lock().expect("no panic").push(Instant::now());
        echo(&mut stream, usize::MAX);
    });
    let arguments = ["-c", "4", "--ramp-up", "1s", "-d", "1200ms"];
    figures(address, 0, &arguments);
    let mut came = came.lock().expect("no panic").clone();
    came.sort();
    assert_eq!(came.len(), 4);
    assert!(came[3] - came[0] >= Duration::from_millis(400), "{came:?}");
}

#[test]
fn connections_come_from_the_addresses_of_a_network_in_turn() {
    let sources = Arc::new(Mutex::new(HashSet::new()));
    let seen = sources.clone();
    let address = server(move |_, mut stream| {
        let peer = stream.peer_addr().expect("it is connected");
        seen.lock().expect("no panic").insert(peer.ip().to_string());
        echo(&mut stream, usize::MAX);
    });
    let arguments = ["-c", "3", "-d", "200ms", "--source", "127.0.0.8/29"];
    figures(address, 0, &arguments);
    let sources = sources.lock().expect("no panic").clone();
    let expected = ["127.0.0.9", "127.0.0.10", "127.0.0.11"];
    assert_eq!(sources, expected.map(str::to_owned).into());
}

#[test]
fn what_runs_out_is_said_in_clear_words() {
    let eco = serve(&["-q"]);
    let to = eco.address.to_string();
    for (exited, code, words) in [
        // An address that is nobody's here, as the documentation of others has them (RFC 5737).
        (
            load(eco.address, &["--source", "192.0.2.1"]),
            69,
            &[
                "cannot open more connections",
                "--source are not this machine's",
            ][..],
        ),
        (
            Eco::with_descriptors(100, &["load", "-c", "200", "--to", &to]).run(b""),
            64,
            &["--connections 200", "ulimit -n"],
        ),
        (
            load(SocketAddr::from(([127, 0, 0, 1], 1)), &[]),
            69,
            &["cannot connect to 127.0.0.1:1", "`eco serve` starts one"],
        ),
        (load(eco.address, &["-d", "0s"]), 64, &["more than no time"]),
        (
            load(eco.address, &["--size", "0"]),
            64,
            &["1 byte at least"],
        ),
        (load(eco.address, &["--size", "1TiB"]), 64, &["larger than"]),
        (load(eco.address, &["--rate", "0"]), 64, &["above 0"]),
        (
            load(eco.address, &["--max-errors", "x"]),
            64,
            &["such as 1%"],
        ),
        (
            load(eco.address, &["--source", "home"]),
            64,
            &["127.0.0.0/8"],
        ),
        (
            load(eco.address, &["-n", "1", "-d", "1s"]),
            64,
            &["--duration"],
        ),
        (
            load(eco.address, &["--html", "/no/such/folder/page"]),
            64,
            &["cannot write the page"],
        ),
        (
            load(eco.address, &["-p", "nonsense"]),
            65,
            &["cannot use the plugin nonsense"],
        ),
    ] {
        assert_eq!(exited.code, code, "{}", exited.stderr);
        assert!(exited.stdout.is_empty());
        for word in words {
            assert!(
                exited.stderr.contains(word),
                "{word:?} in\n{}",
                exited.stderr
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_early_and_still_prints_what_was_measured() {
    let (begun, when_begun) = std::sync::mpsc::channel();
    let address = server(move |_, mut stream| {
        echo(&mut stream, 10);
        let _ = begun.send(());
        echo(&mut stream, usize::MAX);
    });
    let child = std::process::Command::new(crate::harness::binary())
        .args(["load", "-c", "1", "-d", "1h", "--to", &address.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("eco starts");
    when_begun.recv().expect("it connects");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(
        table.contains("ended early") && table.contains("p99"),
        "{table}"
    );
}

#[test]
fn while_it_runs_a_terminal_shows_the_rate_and_the_errors() {
    let eco = serve(&["-q"]);
    let (far, shown) = terminal();
    let exited = Eco::new(&["load", "-d", "500ms", "--to", &eco.address.to_string()])
        .stderr(far)
        .run(b"");
    assert_eq!(exited.code, 0);
    let shown = shown.join().expect("no panic");
    for words in ["turns/s", "p99", "0 failed"] {
        assert!(shown.contains(words), "{words:?} in {shown:?}");
    }
    // And nowhere else.
    assert_eq!(load(eco.address, &["-d", "300ms"]).stderr, "");
}

/// The most memory that a process has had, in bytes; `None` if it has ended.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[test]
fn a_server_that_floods_every_connection_takes_one_budget_of_memory() {
    // It waits for the end of a line.
    let dialogue = project_file("tests/plugins/dialogue.wat");
    let (pid, peak) = (Arc::new(OnceLock::new()), Arc::new(AtomicU64::new(0)));
    let (load, most) = (pid.clone(), peak.clone());
    // It never sends one, and looks at what that does.
    let address = server(move |_, mut stream| {
        let flood = vec![b'x'; 1 << 20];
        while stream.write_all(&flood).is_ok() {
            if let Some(memory) = load.get().copied().and_then(peak_memory) {
                most.fetch_max(memory, Ordering::Relaxed);
            }
        }
    });
    let to = address.to_string();
    let load = std::process::Command::new(crate::harness::binary())
        .args([
            "load", "--json", "-c", "8", "-n", "16", "-p", &dialogue, "-t", &to,
        ])
        .args(["--total-reply", "32MiB", "--max-errors", "100%"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("eco starts");
    pid.set(load.id()).expect("it is set once");
    let output = load.wait_with_output().expect("it ends");
    let figures: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(output.status.code(), Some(0), "{figures}");
    assert_eq!(failed(&figures, "no-memory"), 16, "{figures}");
    let peak = peak.load(Ordering::Relaxed);
    assert!((1..256 << 20).contains(&peak), "{peak} bytes");
}

#[test]
fn memory_that_a_reply_has_taken_is_there_for_the_next() {
    // Each reply takes all of it, on a connection of its own.
    let eco = serve(&["-q"]);
    let arguments = ["--size", "2MiB", "--total-reply", "4MiB", "--reconnect"];
    let figures = figures(
        eco.address,
        0,
        &[&arguments[..], &["-n", "20", "-c", "1"]].concat(),
    );
    assert_eq!(figures["dialogues"]["total"], 20);
}

/// The client half-closes only where its plugin says so.
#[test]
fn a_server_that_reads_on_is_left_in_peace() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let seen = ends.clone();
    let address = server(move |_, mut stream| {
        echo(&mut stream, 7);
        let end = stream.read(&mut [0; 1]).map_err(|error| error.kind());
        let _ = stream.shutdown(Shutdown::Both);
        seen.lock().expect("no panic").push(end);
    });
    figures(address, 0, &["-n", "7", "-c", "1"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while ends.lock().expect("no panic").is_empty() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(*ends.lock().expect("no panic"), [Ok(0)]);
}
