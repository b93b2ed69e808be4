//! Budgets: a call of a program is a stretch between two waits for input.

use super::{engine, program, serve_both, session};
use crate::support::Peer;
use eco_host::contract::{Next, Session as _};
use eco_host::plugin::{Budget, Budgets, Compiler, Engine, Error, Program};
use std::time::Duration;

/// Counts down from this, which takes some time.
fn works(iterations: u64) -> String {
    format!(
        "(local.set $count (i32.const {iterations}))
         (loop $down (br_if $down (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))"
    )
}

#[test]
fn a_loop_between_reads_costs_its_connection_and_input_begins_anew() {
    // Each line works for some time, and all together for longer than one call may.
    let works = works(100_000_000);
    let module = program(
        "ok\\n",
        &format!(
            "(loop $more
               (if (call $read (i32.const 100)) (then
                 (if (i32.eq (i32.load8_u (i32.const 4096)) (i32.const 33)) (then (loop $ever (br $ever))))
                 {works} (call $say (i32.const 3)) (br $more))))"
        ),
    );
    for server in serve_both("works", &module, &["--cpu", "300ms"]) {
        let mut other = Peer::connect(server.address);
        other.send(b"x").expect(b"ok\n");
        let mut peer = Peer::connect(server.address);
        for _ in 0..12 {
            peer.send(b"x").expect(b"ok\n");
        }
        peer.send(b"!").expect_reset();
        server.logged(&["processor time per call, 300ms", "--cpu"]);
        other.send(b"x").expect(b"ok\n");
    }
}

#[test]
fn waiting_for_the_peer_is_the_peers_time_and_each_call_has_its_own_reply() {
    let main = "(loop $more (if (call $read (i32.const 100)) (then (call $say (i32.const 7)) (br $more))))";
    let budgets = [
        "--wait",
        "100ms",
        "--idle-timeout",
        "1s",
        "--reply",
        "10",
        "--chunk-size",
        "10",
    ];
    for server in serve_both("waits-for-peer", &program("answer\\n", main), &budgets) {
        let mut peer = Peer::connect(server.address);
        // Four replies are longer than one may be.
        for _ in 0..4 {
            peer.send(b"x").expect(b"answer\n");
        }
        // It says nothing for longer than a call may wait.
        peer.expect_end();
        server.logged(&["reason=\"idle\"", "received=4 sent=28"]);
    }
}

#[test]
fn programs_that_wait_for_their_peers_keep_no_other_from_its_turn() {
    // They begin with enough work to take turns, and less than a tick, so that none is stopped in it.
    let works = works(2_000_000);
    let main = format!("{works} (call $say (i32.const 3)) (drop (call $read (i32.const 100)))");
    for server in serve_both("begins-with-work", &program("ok\\n", &main), &[]) {
        let mut peers = Vec::new();
        for _ in 0..50 {
            let mut peer = Peer::connect(server.address);
            peer.expect(b"ok\n");
            peers.push(peer);
        }
        // Those that are over hold none either, while their peers stay.
        for peer in &mut peers {
            peer.send(b"x");
        }
        Peer::connect(server.address).expect(b"ok\n");
    }
}

#[tokio::test]
async fn neither_writing_nor_polling_begins_a_call_anew() {
    let cpu = Duration::from_millis(50);
    let engine = engine(Budgets::server(1 << 30).cpu(cpu).reply(1 << 40));
    let works = works(2_000_000);
    for (what, main) in [
        (
            "writing",
            format!("(loop $more {works} (call $say (i32.const 1)) (br $more))"),
        ),
        (
            "polling",
            format!("(loop $more {works} (call $sleep (i64.const 0)) (br $more))"),
        ),
    ] {
        let mut session = super::load(&engine, program("x", &main)).await.session();
        let broken = super::greeting(&mut session).await;
        let broken = broken.map(drop).expect_err("it is cut");
        assert!(
            broken.to_string().contains("processor time per call"),
            "{what}: {broken}"
        );
    }
}

#[tokio::test]
async fn neither_does_a_timer_that_is_over() {
    let budgets = Budgets::server(1 << 30)
        .cpu(Duration::from_millis(50))
        .reply(1000);
    let engine = engine(budgets);
    // Waits for input for 10 ms again and again, and does this in between.
    let works = works(2_000_000);
    for (named, between) in [
        ("processor time per call", works.as_str()),
        ("bytes returned per call", "(call $say (i32.const 100))"),
    ] {
        let module = program(
            &"x".repeat(100),
            &format!(
                "(loop $more
                   (call $clock (i32.const 256) (i64.const 10000000))
                   (i32.store8 (i32.const 312) (i32.const 1))
                   (i32.store (i32.const 320) (i32.const 0))
                   (if (call $poll (i32.const 256) (i32.const 512) (i32.const 2) (i32.const 768)) (then unreachable))
                   {between} (br $more))"
            ),
        );
        let (mut session, _) = session(&engine, &module).await;
        let broken = loop {
            std::future::poll_fn(|cx| session.poll_event(cx)).await;
            if let Err(error) = session.event().await {
                break error;
            }
        };
        assert!(broken.to_string().contains(named), "{broken}");
    }
}

#[tokio::test]
async fn each_budget_is_named_where_a_program_breaks_it() {
    let budgets = Budgets::server(1 << 30)
        .wait(Duration::from_millis(50))
        .memory(1 << 20)
        .log(4096)
        .reply(1000);
    let engine = engine(budgets);
    for (what, named, main) in [
        (
            "sleeping",
            "waiting per call",
            "(call $sleep (i64.const 1000000000000))",
        ),
        (
            "growing",
            "memory per instance",
            "(loop $more (drop (memory.grow (i32.const 1))) (br $more))",
        ),
        (
            "logging",
            "log output per connection",
            "(loop $more (call $write (i32.const 2) (i32.const 1024) (i32.const 6)) (br $more))",
        ),
        (
            "writing",
            "bytes returned per call",
            "(loop $more (call $say (i32.const 6)) (br $more))",
        ),
    ] {
        let module = program(
            "words\\n",
            &format!("(drop (call $read (i32.const 1))) {main}"),
        );
        let (mut session, _) = session(&engine, &module).await;
        let broken = session
            .receive(b"x")
            .await
            .map(drop)
            .expect_err("it is cut");
        assert!(broken.to_string().contains(named), "{what}: {broken}");
        let dead = session
            .receive(b"x")
            .await
            .map(drop)
            .expect_err("it is dead");
        assert!(matches!(dead, Error::Dead), "{what}: {dead}");
    }
}

#[tokio::test]
async fn a_call_is_over_at_its_deadline_and_a_dropped_one_leaves_a_dead_instance() {
    let engine = engine(Budgets::server(1 << 30));
    let module = program(
        "",
        "(drop (call $read (i32.const 1))) (call $sleep (i64.const 60000000000))",
    );
    let (mut late, _) = session(&engine, &module).await;
    late.set_deadline(Duration::from_millis(30));
    let broken = late.receive(b"x").await.map(drop).expect_err("it is late");
    assert!(
        broken
            .to_string()
            .contains("time per call, by the clock, 30ms"),
        "{broken}"
    );
    let (mut dropped, _) = session(&engine, &module).await;
    let waited = tokio::time::timeout(Duration::from_millis(30), dropped.receive(b"x")).await;
    assert!(waited.is_err());
    let dead = dropped
        .receive(b"x")
        .await
        .map(drop)
        .expect_err("it is dead");
    assert!(matches!(dead, Error::Dead), "{dead}");
    // A new instance knows nothing of that.
    dropped.reset();
    dropped.set_deadline(Duration::from_millis(30));
    let broken = dropped
        .receive(b"x")
        .await
        .map(drop)
        .expect_err("it is late");
    assert!(matches!(broken, Error::Budget { .. }), "{broken}");
}

#[test]
fn a_deadline_is_that_of_a_whole_call_however_many_parts_its_reply_has() {
    let module = program(
        ".",
        "(loop $ever (call $say (i32.const 1)) (call $sleep (i64.const 20000000)) (br $ever))",
    );
    for server in serve_both("drips", &module, &["--deadline", "300ms", "--wait", "1h"]) {
        let mut peer = Peer::connect(server.address);
        let dripped = peer.expect_reset();
        assert!(dripped.len() < 20, "{} parts", dripped.len());
        server.logged(&["--deadline"]);
    }
}

#[tokio::test]
async fn what_the_peer_takes_for_a_part_is_not_the_calls_time() {
    let budgets = Budgets::server(1 << 30).deadline(Duration::from_secs(1));
    let engine = engine(budgets);
    let module = program(
        "",
        "(drop (call $read (i32.const 1)))
         (loop $more
           (call $say (i32.const 60000))
           (br_if $more (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 5))))",
    );
    for form in [module.clone().into_bytes(), super::as_component(&module)] {
        let mut session = super::load(&engine, form).await.session().in_parts();
        super::greeting(&mut session).await.expect("nothing");
        let (first, mut next) = super::parts(session.receive(b"x").await.expect("a part"));
        let mut all = first.len();
        while next == Next::More {
            // The peer is slow.
            std::thread::sleep(Duration::from_millis(400));
            let (part, then) = super::parts(session.more().await.expect("a part"));
            all += part.len();
            next = then;
        }
        assert_eq!((all, next), (300_000, Next::Close));
    }
}

#[tokio::test]
async fn what_a_program_has_the_host_do_at_its_end_counts_too() {
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    let budgets = Budgets::server(1 << 30).fuel(1_000_000);
    let engine = Engine::builder(helper, budgets).laboratory();
    let engine = engine.build().expect("an engine");
    // Each round is a call of the host, and costs a thousand units.
    let calls = |rounds: u32| {
        program(
            "",
            &format!(
                "(drop (call $read (i32.const 1)))
                 (local.set $count (i32.const {rounds}))
                 (loop $more
                   (drop (call $random (i32.const 0) (i32.const 0)))
                   (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))"
            ),
        )
    };
    for (rounds, is_over) in [(100, false), (2000, true)] {
        let (mut session, _) = session(&engine, &calls(rounds)).await;
        let ended = session.end_of_input().await.map(drop);
        let broke = matches!(
            &ended,
            Err(Error::Budget {
                budget: Budget::Fuel,
                ..
            })
        );
        assert_eq!(broke, is_over, "{rounds}: {ended:?}");
    }
}

#[tokio::test]
async fn a_chunk_that_waits_for_a_program_counts_with_all_memory() {
    let budgets = Budgets::server(1 << 30).total_memory(32 << 20);
    let engine = engine(budgets);
    let module = program(
        "",
        "(drop (call $read (i32.const 1))) (call $sleep (i64.const 1))",
    );
    let chunk = vec![b'x'; 40 << 20];
    for (length, is_over) in [(1 << 20, false), (40 << 20, true)] {
        let (mut session, _) = session(&engine, &module).await;
        let ended = session.receive(&chunk[..length]).await.map(drop);
        let broke = matches!(
            &ended,
            Err(Error::Budget {
                budget: Budget::TotalMemory,
                ..
            })
        );
        assert_eq!(broke, is_over, "{length}: {ended:?}");
    }
}
