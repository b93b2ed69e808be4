//! Replies have one budget of memory for all connections.

use crate::load::{echo, failed, figures, server};
use crate::support::{project_file, serve};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

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
