//! Neighbours of plugins that loop.

use crate::hostile_plugins::{ATTACK_MESSAGE, ATTACKS, Written};
use crate::support::{Peer, noise, plugin_file, serve};

#[test]
fn while_many_plugins_loop_a_neighbour_is_served_at_once() {
    let text = ATTACKS.first().expect("the loop").text(Written::InPlace);
    let server = serve(&["-p", &plugin_file("hostile-loops.wat", text), "--cpu", "1s"]);
    let attackers: Vec<Peer> = (0..16)
        .map(|_| {
            let mut attacker = Peer::connect(server.address);
            attacker.send(ATTACK_MESSAGE);
            attacker
        })
        .collect();
    let mut neighbour = Peer::connect(server.address);
    for seed in 0..20 {
        let message = noise(3000, seed);
        neighbour.send(&message).expect(&message);
    }
    // All of them together have 16 s of processor time to burn. The neighbour is through first.
    let cut = server.log().matches("--cpu").count();
    assert!(
        cut < attackers.len(),
        "the neighbour had to wait for {cut} loops to end"
    );
}

/// Beside what every other program does, they get what is left over.
#[cfg(target_os = "linux")]
#[test]
fn a_plugin_that_loops_is_run_by_threads_of_the_lowest_priority() {
    let text = ATTACKS.first().expect("the loop").text(Written::InPlace);
    let eco = serve(&["-p", &plugin_file("background.wat", text), "--cpu", "200ms"]);
    let mut looping = Peer::connect(eco.address);
    looping.send(ATTACK_MESSAGE);
    // It is cut all the same.
    looping.expect_reset();
    let priorities = priorities(eco.pid());
    for (name, nice) in &priorities {
        assert_eq!(*nice == 19, name == "eco-background", "{name}: {nice}");
    }
    assert!(
        priorities.iter().any(|(_, nice)| *nice == 19),
        "{priorities:?}"
    );
    Peer::connect(eco.address).send(b"hello").expect(b"hello");
}

/// The threads of a process, and how nice each is (proc_pid_stat(5), field 19).
#[cfg(target_os = "linux")]
fn priorities(pid: u32) -> Vec<(String, i32)> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let stats = threads.flatten().filter_map(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).ok()?;
        let (name, fields) = stat.split_once('(')?.1.rsplit_once(") ")?;
        let nice = fields.split(' ').nth(16)?.parse().ok()?;
        Some((name.to_owned(), nice))
    });
    stats.collect()
}

#[test]
fn a_call_of_some_ticks_comes_through_among_hundreds_that_loop() {
    // At ! it loops for ever, at ? it counts to some hundred million, which takes several ticks.
    let text = ATTACKS
        .first()
        .expect("the loop")
        .text(Written::AsFunction)
        .replace(
            "(i32.store (i32.const 0) (local.get $at))",
            "(if (i32.eq (i32.load8_u (local.get $at)) (i32.const 63)) (then
           (loop $l (global.set $n (i64.add (global.get $n) (i64.const 1)))
             (br_if $l (i64.lt_u (global.get $n) (i64.const 30000000))))))
         (i32.store (i32.const 0) (local.get $at))",
        );
    let text = text.replace(
        "(memory (export \"memory\") 2)",
        "(memory (export \"memory\") 2) (global $n (mut i64) (i64.const 0))",
    );
    let path = plugin_file("hostile-crowd.wat", text);
    let server = serve(&["-p", &path, "--cpu", "1s", "--wait", "1s"]);
    let attackers: Vec<Peer> = (0..200)
        .map(|_| {
            let mut attacker = Peer::connect(server.address);
            attacker.send(ATTACK_MESSAGE);
            attacker
        })
        .collect();
    Peer::connect(server.address)
        .send(b"?honest")
        .expect(b"?honest");
    let log = server.log();
    let cut = log.matches("--cpu").count();
    assert!(cut < attackers.len() / 2, "{cut} loops had to end first");
    assert!(
        !log.contains("--wait"),
        "making way was counted as waiting:\n{log}"
    );
}
