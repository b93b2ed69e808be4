//! Memory that an instance makes the host hold is bounded.

use crate::harness::Eco;
use crate::hostile_plugins::{ATTACK, Attack, Written, echo, echo_at, refused, served, strewn};
use crate::support::{Peer, handler, plugin_file, serve};

/// Room for large chunks is asked for before they are there, and that may fail as well.
#[test]
fn a_plugin_that_has_no_room_for_what_may_come_is_not_called_again() {
    let fields = r#"(memory (export "memory") 2)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.gt_u (local.get 3) (i32.const 9000)) (then unreachable))
        (i32.const 16))
      (func (export "receive") (param $at i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (i32.const 0))"#;
    let path = plugin_file("no-room.wat", handler(fields, ""));
    // With smaller chunks it is asked for no more room than it has.
    let eco = serve(&["-p", &path, "--chunk-size", "5000"]);
    let mut peer = Peer::connect(eco.address);
    for _ in 0..3 {
        peer.send(&[7; 5000]).expect(&[7; 5000]);
    }
    let eco = serve(&["-p", &path]);
    let mut peer = Peer::connect(eco.address);
    peer.send(&[7; 5000]).expect(&[7; 5000]);
    peer.send(&[7; 5000]).expect_reset();
    eco.logged(&["closed", "trapped", "unreachable"]);
}

#[test]
fn memory_of_all_instances_together_has_a_budget_and_is_given_back() {
    let body = concat!("(drop (memory.grow (i32.const 100)))", list!("8", "1"));
    let text = Attack { body, ..ATTACK }.text(Written::AsFunction);
    let path = plugin_file("total-memory.wat", text);
    let server = serve(&["-p", &path, "--total-memory", "8MiB"]);
    let mut first = Peer::connect(server.address);
    first.send(b"!").expect(b"\x08").finish().expect_end();
    server.logged(&["closed", "connection=1"]);
    let mut held = Peer::connect(server.address);
    held.send(b"!").expect(b"\x08");
    Peer::connect(server.address).send(b"!").expect_reset();
    server.logged(&["memory of all instances", "8.0 MiB", "--total-memory"]);
    held.finish().expect_end();
    server.logged(&["closed", "connection=2"]);
    Peer::connect(server.address).send(b"!").expect(b"\x08");
}

#[test]
fn a_connection_that_never_spoke_has_no_memory_of_the_plugin() {
    // There is room for one instance of the echo, which has two pages, and for its code.
    let eco = serve(&["--total-memory", "160KiB"]);
    let mut silent: Vec<Peer> = (0..3).map(|_| Peer::connect(eco.address)).collect();
    eco.logged(&["opened", "connection=3"]);
    let mut speaking = Peer::connect(eco.address);
    speaking.send(b"hello").expect(b"hello");
    let first = silent.first_mut().expect("there are three");
    first.send(b"hello").expect_reset();
    eco.logged(&["memory of all instances", "connection=1"]);
    speaking.send(b"still here").expect(b"still here");
}

#[test]
fn data_that_is_strewn_over_the_memory_is_refused() {
    served(&plugin_file("strewn-a-little.wat", strewn(4096)));
    refused(
        &plugin_file("strewn.wat", strewn(4097)),
        "copied into 4097 pages",
    );
    // Each instance of the module counts, of which one of the plugin is made.
    let twice = |segments| {
        let text = strewn(segments).replace("\"memory\") 960", "\"memory\") 400");
        let again = "(core instance (instantiate $m)) (core instance $m";
        text.replacen("(core instance $m", again, 1)
    };
    served(&plugin_file("strewn-twice-a-little.wat", twice(2048)));
    refused(
        &plugin_file("strewn-twice.wat", twice(2049)),
        "copied into 4098 pages",
    );
}

#[test]
fn a_plugin_that_makes_the_host_hold_much_for_an_instance_is_refused() {
    let elements = |number| format!("(func $f) (elem func {})", "$f ".repeat(number));
    let path = plugin_file("some-elements.wat", handler(&echo(&elements(1000)), ""));
    served(&path);
    let many = handler(&echo(&elements(4 << 20 >> 4)), "");
    refused(
        &plugin_file("many-elements.wat", many),
        "have the host hold",
    );
    let elem = format!("(elem (i32.const 0) {})", "$f ".repeat(1000));
    let filled = format!("(table 1000 funcref) {}", elem.repeat(101));
    let filled = handler(&echo(&format!("(func $f) {filled}")), "");
    refused(&plugin_file("fills-again.wat", filled), "--table");
    // A table of which each instance has one more.
    let filled = format!("(table 1000 funcref) (func $f) {}", elem.repeat(40));
    let filled = handler(&echo(&filled), "");
    let again = "(core instance (instantiate $m))".repeat(2);
    let thrice = filled.replacen(
        "(core instance $m",
        &format!("{again} (core instance $m"),
        1,
    );
    served(&plugin_file("fills.wat", filled));
    refused(&plugin_file("fills-thrice.wat", thrice), "--table");
}

/// A plugin that at `!` makes so many handles to a resource of its own, fills a table and uses its
/// stack.
fn hoards(handles: u32) -> String {
    let attack = "(local.set $left (i32.const HANDLES))
      (loop $more
        (drop (call $new (i32.const 0)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $more (local.get $left)))
      (drop (table.grow $t (ref.null func) (i32.const 99999)))
      (table.fill $t (i32.const 0) (ref.func $deeper) (i32.const 100000))
      (drop (call $deeper (i32.const 5000)))"
        .replace("HANDLES", &handles.to_string());
    let fields = echo_at(&attack, "").replace(
        "(if (i32.eq (i32.load8_u",
        "(local $left i32) (if (i32.eq (i32.load8_u",
    );
    // Imports come first in a module.
    let fields = format!(
        r#"(import "host" "new" (func $new (param i32) (result i32)))
  (table $t 1 funcref) (elem declare func $deeper)
  (func $deeper (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $deeper (i32.sub (local.get 0) (i32.const 1))) (local.get 0)))
      (else (i32.const 0))))
  {fields}"#
    );
    handler(&fields, "").replace(
        "(core instance $m (instantiate $m))",
        r#"(type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core instance $m (instantiate $m (with "host" (instance (export "new" (func $new))))))"#,
    )
}

#[test]
fn a_plugin_that_hoards_handles_is_cut() {
    let eco = serve(&["-p", &plugin_file("hoards-1024.wat", hoards(1024))]);
    Peer::connect(eco.address).send(b"!").expect(b"!");
    let eco = serve(&["-p", &plugin_file("hoards-1025.wat", hoards(1025))]);
    Peer::connect(eco.address).send(b"!").expect_reset();
    eco.logged(&["closed", "reason=\"failed\"", "handle limit"]);
}

/// Resident memory of a process, in bytes (proc_pid_status(5)).
#[cfg(target_os = "linux")]
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    1024 * kib
        .and_then(|kib| kib.parse::<usize>().ok())
        .expect("a size")
}

#[cfg(target_os = "linux")]
#[test]
fn memory_of_the_host_for_all_instances_has_a_budget() {
    let path = plugin_file("hoards.wat", hoards(1000));
    let eco = serve(&["-p", &path, "--total-memory", "16MiB"]);
    let before = resident(eco.pid());
    let mut peers: Vec<Peer> = (0..60).map(|_| Peer::connect(eco.address)).collect();
    let answered = peers.iter_mut().filter_map(|peer| {
        peer.send(b"!");
        let mut reply = [0];
        std::io::Read::read_exact(&mut peer.0, &mut reply).ok()
    });
    let answered = answered.count();
    // Memory of 128 KiB, a stack of 512 KiB, a table of 800 KiB, and what the handles take.
    assert!((5..=11).contains(&answered), "{answered} instances");
    eco.logged(&["memory of all instances", "--total-memory"]);
    let grown = resident(eco.pid()).saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes for {answered} instances");
}

/// An echo with two megabytes of data, which are in the code of the component and in that of its module.
#[test]
fn the_code_of_a_plugin_counts_with_the_memory_of_its_instances() {
    let data = format!("(data (i32.const 65536) \"{}\")", "x".repeat(2 << 20));
    let fields = echo(&data).replace("\"memory\") 2", "\"memory\") 33");
    let path = plugin_file("large-code.wat", handler(&fields, ""));
    let arguments = ["serve", "-l", "127.0.0.1:0", "-p", &path];
    let small = Eco::new(&arguments)
        .args(&["--total-memory", "4MiB"])
        .run(b"");
    assert_eq!(small.code, 65, "{}", small.stderr);
    for words in [
        "memory of all instances, 4.0 MiB",
        "compiled to takes",
        "--total-memory",
    ] {
        assert!(small.stderr.contains(words), "{}", small.stderr);
    }
    // With room for that, one instance and a half.
    let eco = serve(&["-p", &path, "--total-memory", "7MiB"]);
    let mut first = Peer::connect(eco.address);
    first.send(b"hello").expect(b"hello");
    Peer::connect(eco.address).send(b"hello").expect_reset();
    eco.logged(&["memory of all instances", "7.0 MiB", "--total-memory"]);
    first.finish().expect_end();
    eco.logged(&["closed", "connection=1"]);
    Peer::connect(eco.address).send(b"hello").expect(b"hello");
}
