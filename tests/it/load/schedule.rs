//! When connections open and dialogues begin, and from which address.

use crate::load::{MESSAGE, echo, failed, figures, server};
use crate::support::serve;
use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
    let examples = figures["errors"].to_string();
    let advice = "eco send shows how far a reply comes";
    assert!(examples.contains(advice), "{examples}");
    // All that was due in the rest of the time has waited since then, and counts.
    let seconds = figures["seconds"].as_f64().expect("a time");
    let due = (seconds * 100.0) as u64 + 1;
    assert_eq!(failed(&figures, "never-begun"), due - 6);
    let median = figures["turn"]["p50"].as_f64().expect("a time");
    assert!(median > 300e3, "half of them waited for {median} µs");
}

#[test]
fn dialogues_under_way_at_the_end_may_come_to_theirs_and_raise_no_rate() {
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
