//! Plugins that take long share the processors. Time had counts, and the connection with the least goes first.

#[cfg(target_os = "linux")]
use crate::hostile_plugins::strewn;
use crate::support::{Peer, handler, plugin_file, serve};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

/// A plugin that fills its memory, a quarter of a gigabyte, again and again. Nobody can stop it within one fill.
#[cfg(target_os = "linux")]
const FILLS: &str = r#"(memory (export "memory") 4096)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
  (func (export "receive") (param i32 i32) (result i32)
    (loop $again
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 268435456))
      (br $again))
    unreachable)"#;

#[cfg(target_os = "linux")]
#[test]
fn work_of_the_host_within_a_tick_counts_for_what_it_takes() {
    let path = plugin_file("fills.wat", handler(FILLS, ""));
    let eco = serve(&["-p", &path, "--memory", "256MiB", "--cpu", "200ms"]);
    let before = processor_time(eco.pid());
    Peer::connect(eco.address).send(b"x").expect_reset();
    eco.logged(&["processor time per call", "--cpu"]);
    let used = processor_time(eco.pid()) - before;
    // The first fill is over before anybody looks, and takes longest: the system makes the pages.
    assert!(used < Duration::from_millis(900), "{used:?} under 200ms");
}

/// Processor time of a process (proc_pid_stat(5), fields 14 and 15, in hundredths of a second).
#[cfg(target_os = "linux")]
pub(crate) fn processor_time(pid: u32) -> Duration {
    used(&std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs"))
}

#[cfg(target_os = "linux")]
fn used(stat: &str) -> Duration {
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let times = fields.split(' ').skip(11).take(2);
    let ticks: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// A plugin whose calls take some 30 ms, and eight times as long at `!`.
fn works() -> String {
    let fields = r#"(memory (export "memory") 2)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
  (func (export "receive") (param $at i32) (param $length i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 100000000))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33))
      (then (local.set $left (i32.const 800000000))))
    (loop $more
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (i32.const 0))"#;
    handler(fields, "")
}

/// Connections that make short calls all the time.
const SHORT: usize = 8;

/// How many short calls are made while a long one of another connection is: `next` gives the connection for each after the
/// last one. The long one begins after so many of each.
fn short_calls_beside_a_long_one(
    address: SocketAddr,
    each: usize,
    next: impl Fn(Option<Peer>) -> Peer + Sync,
) -> usize {
    let over = AtomicBool::new(false);
    let (tell, served) = channel();
    std::thread::scope(|scope| {
        for _ in 0..SHORT {
            let (tell, over, next) = (tell.clone(), &over, &next);
            scope.spawn(move || {
                let mut last = None;
                while !over.load(Ordering::Relaxed) {
                    let mut peer = next(last);
                    peer.send(b"short").expect(b"short");
                    tell.send(()).expect("somebody counts");
                    last = Some(peer);
                }
            });
        }
        served.iter().take(each * SHORT).for_each(drop);
        Peer::connect(address).send(b"!long").expect(b"!long");
        over.store(true, Ordering::Relaxed);
        served.try_iter().count()
    })
}

#[test]
fn a_long_call_gets_its_share_beside_short_ones_that_come_again_and_again() {
    let eco = serve(&["-p", &plugin_file("works.wat", works()), "--cpu", "10s"]);
    let address = eco.address;
    let same = |last: Option<Peer>| last.unwrap_or_else(|| Peer::connect(address));
    // After twelve, all of them have had much.
    let while_it_took = short_calls_beside_a_long_one(address, 12, same);
    // As much for each as for the long one is eight calls.
    assert!(
        while_it_took < 3 * 8 * SHORT,
        "{while_it_took} short calls went before a long one"
    );
}

/// To connect anew is no way to be first: what a peer's connections have had, a new one begins with.
#[cfg(target_os = "linux")]
#[test]
fn a_long_call_gets_its_share_beside_peers_that_connect_anew_for_each_short_one() {
    let plugin = plugin_file("works-anew.wat", works());
    let eco = serve(&["-p", &plugin, "--cpu", "10s"]);
    let address = eco.address;
    let anew = |last: Option<Peer>| {
        drop(last);
        Peer::connect_from([127, 0, 0, 2], address)
    };
    // After forty, all are busy.
    let while_it_took = short_calls_beside_a_long_one(address, 40, anew);
    // It is one of two peers: as much for the other as for the long one is eight calls.
    assert!(
        while_it_took < 3 * 8,
        "{while_it_took} short calls went before a long one"
    );
}

/// A plugin whose calls take some milliseconds: less than a tick.
#[cfg(target_os = "linux")]
#[test]
fn a_plugin_above_its_share_is_slow_when_all_are_busy() {
    let short = works().replace("100000000", "10000000");
    let eco = serve(&["-p", &plugin_file("works-a-little.wat", short)]);
    // There is a neighbour, and no connection has much of its own.
    let mut neighbour = Peer::connect(eco.address);
    let calls = |source: [u8; 4]| {
        for _ in 0..200 {
            let mut peer = Peer::connect_from(source, eco.address);
            peer.send(b"short").expect(b"short");
        }
    };
    let in_background = || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| calls([127, 0, 0, 2]));
            }
        });
        background(eco.pid())
    };
    let times = std::iter::repeat_with(in_background).take(20);
    let mut slow = times.filter(|time| *time > Duration::from_millis(100));
    assert!(slow.next().is_some(), "its calls were never slow");
    neighbour.send(b"short").expect(b"short");
}

/// The processor time that a connection has while it starts is the background's.
#[cfg(target_os = "linux")]
#[test]
fn a_start_that_copies_much_holds_up_nobody() {
    let eco = serve(&["-p", &plugin_file("strewn-starts.wat", strewn(4096))]);
    for _ in 0..20 {
        Peer::connect(eco.address).send(b"x").expect(b"x");
    }
    let used = background(eco.pid());
    let enough = Duration::from_millis(20);
    assert!(used >= enough, "twenty starts took the background {used:?}");
}

/// Processor time of the threads of the lowest priority (proc_pid_stat(5)).
#[cfg(target_os = "linux")]
fn background(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let stats = threads.flatten().filter_map(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).ok()?;
        stat.contains("(eco-background)").then(|| used(&stat))
    });
    stats.sum()
}
