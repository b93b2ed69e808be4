//! The results: counts, table, page, and the end.

use crate::harness::Eco;
use crate::load::{MESSAGE, echo, figures, load, server};
use crate::support::{plugin_file, serve, terminal};
use std::process::Stdio;
use std::time::Duration;

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
