//! Programs that are judged: the same for plugins.

use super::{both, program};
use crate::harness::Eco;
use crate::support::{Peer, converse, empty_folder, plugin_file, serve};
use eco_host::contract::Session as _;
use eco_host::plugin::{Budgets, Compiler, Engine, Laboratory, Program};
use std::task::{Context, Waker};
use std::time::Duration;

#[test]
fn a_program_solves_an_exercise_and_one_that_keeps_its_output_is_told_so() {
    let upper = |main: &str| {
        program(
            "",
            &format!(
                "(loop $more
                   (local.set $count (call $read (i32.const 4096)))
                   (if (local.get $count) (then {main} (br $more))))"
            ),
        )
    };
    let echo = upper("(call $write (i32.const 1) (i32.const 4096) (local.get $count))");
    for path in both("solves", &echo) {
        let checked = Eco::new(&["check", "echo", "--stdio", &path]).run(b"");
        assert_eq!(checked.code, 0, "{}{}", checked.text(), checked.stderr);
        // The same without the flag, by the file alone.
        let checked = Eco::new(&["check", "echo", &path]).run(b"");
        assert_eq!(checked.code, 0, "{}", checked.text());
    }
    let [module, _] = both("solves", &echo);
    let checked = Eco::new(&["check", "counter", &module]).run(b"");
    assert_eq!(checked.code, 64, "{}", checked.stderr);
    assert!(
        checked.stderr.contains("that takes a plugin"),
        "{}",
        checked.stderr
    );
    // Gathers all input, and answers at its end.
    let keeps = r#"(module
      (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 200)
      (func (export "_start") (local $all i32)
        (loop $more
          (i32.store (i32.const 0) (i32.add (i32.const 4096) (local.get $all)))
          (i32.store (i32.const 4) (i32.const 65536))
          (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (local.set $all (i32.add (local.get $all) (i32.load (i32.const 8))))
          (br_if $more (i32.load (i32.const 8))))
        (i32.store (i32.const 0) (i32.const 4096))
        (i32.store (i32.const 4) (local.get $all))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;
    let path = plugin_file("stdio-keeps.wat", keeps);
    let checked = Eco::new(&["check", "echo", &path]).run(b"");
    assert_eq!(checked.code, 1, "{}", checked.text());
    let called = Eco::new(&["call", &path, "one", "two"]).run(b"");
    assert!(called.text().contains("\"onetwo\""), "{}", called.text());
    let hint = "nothing was written before the end of input: flush stdout";
    assert!(called.stderr.contains(hint), "{}", called.stderr);
    // So does the log of a server, once, where there was time for an answer.
    let server = serve(&["-p", &path, "-v"]);
    assert_eq!(converse(server.address, b"only"), b"only");
    for connection in ["connection=2", "connection=3"] {
        let mut peer = Peer::connect(server.address);
        peer.send(b"one");
        server.logged(&[connection, "received \"one\""]);
        peer.send(b"two").finish();
        peer.expect(b"onetwo").expect_end();
    }
    server.logged(&["connection=2", hint]);
    assert_eq!(server.log().matches(hint).count(), 1, "{}", server.log());
}

/// Writes the time, eight random bytes and the time after a second's sleep, whenever something comes.
const LOOKS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 0) (i32.const 4096))
      (i32.store (i32.const 4) (i32.const 100))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $time (i32.const 0) (i64.const 0) (i32.const 1024)))
      (drop (call $random (i32.const 1032) (i32.const 8)))
      (i32.store (i32.const 272) (i32.const 1))
      (i64.store (i32.const 280) (i64.const 1000000000))
      (drop (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 768)))
      (drop (call $time (i32.const 1) (i64.const 0) (i32.const 1040)))
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 24))
      (if (i32.load (i32.const 8)) (then
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br $more))))))"#;

#[tokio::test]
async fn a_hundred_runs_in_equal_laboratories_are_the_same() {
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    let engine = Engine::builder(helper, Budgets::server(1 << 30))
        .laboratory()
        .build()
        .expect("an engine");
    for form in [LOOKS.as_bytes().to_vec(), super::as_component(LOOKS)] {
        let plugin = super::load(&engine, form).await;
        let mut seen = Vec::new();
        for _ in 0..100 {
            let mut session = plugin.session_in(&Laboratory::new([7; 32], 11));
            super::greeting(&mut session).await.expect("it begins");
            let mut run = Vec::new();
            for chunk in [b"a", b"b"] {
                let reply = session.receive(chunk).await.expect("a reply");
                assert_eq!(reply.data.len(), 24);
                run.push(reply.data.to_vec());
            }
            assert_ne!(run[0], run[1]);
            let fuel = session.usage().expect("it is there").fuel;
            assert!(fuel > Some(0));
            seen.push((run, fuel));
        }
        seen.dedup();
        assert_eq!(seen.len(), 1);
    }
}

#[tokio::test]
async fn a_timer_of_a_poll_is_over_when_the_laboratory_lets_time_pass() {
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    let engine = Engine::builder(helper, Budgets::server(1 << 30)).laboratory();
    let engine = engine.build().expect("an engine");
    let module = super::streams::waits_with_a_timer();
    for form in [module.clone().into_bytes(), super::as_component(&module)] {
        let plugin = super::load(&engine, form).await;
        let laboratory = Laboratory::default();
        let mut session = plugin.session_in(&laboratory);
        assert_eq!(super::greeting(&mut session).await.expect("nothing"), b"");
        let delay = Duration::from_millis(30);
        for _ in 0..3 {
            let mut cx = Context::from_waker(Waker::noop());
            assert_eq!(laboratory.next_timer(), Some(delay));
            assert!(session.poll_event(&mut cx).is_pending());
            laboratory.advance(delay);
            assert!(session.poll_event(&mut cx).is_ready());
            assert_eq!(&*session.event().await.expect("an event").data, b"e");
        }
        assert_eq!(&*session.receive(b"x").await.expect("a reply").data, b"i");
    }
}

#[test]
fn a_submission_may_be_a_program() {
    let folder = empty_folder("stdio-class");
    std::fs::write(folder.join("anna.wat"), super::echo()).expect("the folder is ours");
    std::fs::write(folder.join("ben.wasm"), super::as_component(&super::echo()))
        .expect("the folder is ours");
    let graded = Eco::new(&["grade", "echo"]).arg(&folder).run(b"");
    assert_eq!(graded.code, 0, "{}", graded.stderr);
    let text = graded.text();
    let marks = |name: &str| {
        text.lines()
            .find(|line| line.contains(name))
            .map(str::to_owned)
    };
    for name in ["anna", "ben"] {
        assert!(
            marks(name).is_some_and(|line| line.contains("12/12")),
            "{text}"
        );
    }
}
