//! Bytes in and out: all of them, in order, and no more than the peer takes.

use super::{echo, engine, engine_builder, load, parts, program, serve_both};
use crate::harness::assert_same;
use crate::support::{Peer, converse, noise, plugin_file, relay, serve};
use eco_host::contract::{Next, Session as _};
use eco_host::plugin::{Budgets, CalledFor, EngineEvent};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_program_echoes_every_byte_however_it_is_split() {
    let every: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for server in serve_both("echo", &echo(), &[]) {
        assert_same(&converse(server.address, &every), &every);
        assert_same(&converse(relay(server.address, 7), &every), &every);
        // One message after the other, and nothing without one.
        let mut peer = Peer::connect(server.address);
        for message in [&b"one"[..], b"two\n", &every[..1000]] {
            peer.send(message).expect(message);
        }
        peer.finish().expect_end();
    }
}

#[test]
fn eighty_megabytes_go_through_a_program() {
    let path = crate::support::plugin_file("stdio-echo.wat", echo());
    let server = serve(&["-p", &path]);
    let message = noise(80 << 20, 5);
    assert_same(&converse(server.address, &message), &message);
}

/// Writes the letter x for ever, a thousand at a time.
fn endless() -> String {
    program(
        &"x".repeat(1000),
        "(loop $more (call $say (i32.const 1000)) (br $more))",
    )
}

#[tokio::test]
async fn a_program_that_writes_without_end_waits_for_its_peer() {
    let engine = engine(Budgets::server(1 << 30).reply(1 << 20));
    let plugin = load(&engine, endless()).await;
    let mut session = plugin.session().in_parts();
    let mut written = super::greeting(&mut session).await.expect("a part").len();
    assert_eq!(written, 64 * 1024);
    let broken = loop {
        match session.more().await.map(parts) {
            Ok((part, next)) => {
                assert_eq!((part.len(), next), (64 * 1024, Next::More));
                written += part.len();
            }
            Err(error) => break error,
        }
    };
    assert!(
        broken
            .to_string()
            .contains("bytes returned per call, 1.0 MiB"),
        "{broken}"
    );
    assert_eq!(written, 1 << 20);
    // Whole, it is no more than the budget either.
    let error = super::greeting(&mut plugin.session())
        .await
        .expect_err("it is too long");
    assert!(
        error.to_string().contains("bytes returned per call"),
        "{error}"
    );
}

#[test]
fn a_peer_that_takes_nothing_holds_up_its_program_and_is_given_up() {
    let path = crate::support::plugin_file("stdio-endless.wat", endless());
    let server = serve(&[
        "-p",
        &path,
        "--reply",
        "1GiB",
        "--write-timeout",
        "1s",
        "--memory",
        "1MiB",
    ]);
    let peer = Peer::connect(server.address);
    server.logged(&["closed connection=1", "reason=\"stalled\""]);
    drop(peer);
    // One that takes some of it has what it asks for.
    let mut peer = Peer::connect(server.address);
    peer.expect(&vec![b'x'; 8 << 20]);
}

#[tokio::test]
async fn what_was_written_is_sent_before_a_program_sleeps() {
    let engine = engine(Budgets::server(1 << 30));
    let module = program(
        "tick ",
        "(loop $more
           (if (call $read (i32.const 100)) (then
             (call $say (i32.const 5)) (call $sleep (i64.const 20000000)) (call $say (i32.const 5))
             (br $more))))",
    );
    for form in [module.clone().into_bytes(), super::as_component(&module)] {
        let mut session = load(&engine, form).await.session().in_parts();
        assert_eq!(super::greeting(&mut session).await.expect("nothing"), b"");
        let (part, next) = parts(session.receive(b"x").await.expect("a part"));
        assert_eq!((&*part, next), (&b"tick "[..], Next::More));
        let before = Instant::now();
        let (part, next) = parts(session.more().await.expect("the rest"));
        assert_eq!((&*part, next), (&b"tick "[..], Next::KeepOpen));
        assert!(before.elapsed() > Duration::from_millis(10));
        let (part, next) = parts(session.end_of_input().await.expect("its end"));
        assert_eq!((&*part, next), (&b""[..], Next::KeepOpen));
    }
}

/// Waits for input for 30 ms, again and again, and says whether some came: an `e` for each end of the time, and an `i`
/// for input, which it reads.
pub(super) fn waits_with_a_timer() -> String {
    program(
        "ei",
        "(loop $more
           (call $clock (i32.const 256) (i64.const 30000000))
           (i64.store (i32.const 304) (i64.const 9))
           (i32.store8 (i32.const 312) (i32.const 1))
           (i32.store (i32.const 320) (i32.const 0))
           (if (call $poll (i32.const 256) (i32.const 512) (i32.const 2) (i32.const 768)) (then unreachable))
           (if (i32.load8_u (i32.const 522))
             (then
               (call $write (i32.const 1) (i32.const 1025) (i32.const 1))
               (br_if $more (call $read (i32.const 100))))
             (else (call $say (i32.const 1)) (br $more))))",
    )
}

#[tokio::test]
async fn a_program_that_waits_for_input_with_a_timer_is_called_for_either() {
    let timers = Arc::new(AtomicUsize::new(0));
    let seen = timers.clone();
    let budgets = Budgets::server(1 << 30).wait(Duration::from_millis(200));
    let engine = engine_builder(budgets).observe(move |event| {
        if let EngineEvent::Called { event, .. } = event
            && *event == Some(CalledFor::Timer)
        {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    });
    let engine = engine.build().expect("an engine");
    let module = waits_with_a_timer();
    for form in [module.clone().into_bytes(), super::as_component(&module)] {
        let mut session = load(&engine, form).await.session().in_parts();
        assert_eq!(super::greeting(&mut session).await.expect("nothing"), b"");
        // Longer than a call may wait: the time is the peer's.
        for _ in 0..10 {
            poll_fn(|cx| session.poll_event(cx)).await;
            let (event, next) = parts(session.event().await.expect("an event"));
            assert_eq!((&*event, next), (&b"e"[..], Next::KeepOpen));
        }
        let (reply, _) = parts(session.receive(b"some").await.expect("a reply"));
        assert_eq!(reply, b"i");
        let (reply, _) = parts(session.end_of_input().await.expect("the end"));
        assert_eq!(reply, b"i");
        // Whoever observes the engine sees the ten as timers.
        assert_eq!(timers.swap(0, Ordering::Relaxed), 10);
    }
}

/// Looks for input without waiting, and sleeps if there is none. It sends back what comes, and says `.` when it has looked
/// sixty times in vain.
fn looks_and_sleeps() -> String {
    program(
        ".",
        "(loop $look
           (call $clock (i32.const 256) (i64.const 0))
           (i64.store (i32.const 304) (i64.const 9))
           (i32.store8 (i32.const 312) (i32.const 1))
           (i32.store (i32.const 320) (i32.const 0))
           (if (call $poll (i32.const 256) (i32.const 512) (i32.const 2) (i32.const 768)) (then unreachable))
           ;; The clock is over at once. Input is a second event, or has come before that.
           (if (i32.and
                 (i32.eq (i32.load (i32.const 768)) (i32.const 1))
                 (i64.eq (i64.load (i32.const 512)) (i64.const 7)))
             (then
               (local.set $more (i32.add (local.get $more) (i32.const 1)))
               (if (i32.eq (local.get $more) (i32.const 60)) (then (call $say (i32.const 1))))
               (call $sleep (i64.const 20000000))
               (br $look)))
           (local.set $count (call $read (i32.const 100)))
           (local.set $more (i32.const 0))
           (if (local.get $count) (then
             (call $write (i32.const 1) (i32.const 4096) (local.get $count))
             (br $look))))",
    )
}

#[test]
fn a_program_whose_reads_do_not_wait_gets_its_input_between_two_sleeps() {
    // EAGAIN is 6. The adapter of components has no such flag.
    let module = program(
        "",
        "(if (call $set_flags (i32.const 0) (i32.const 4)) (then unreachable))
         (loop $look
           (i32.store (i32.const 0) (i32.const 4096))
           (i32.store (i32.const 4) (i32.const 100))
           (local.set $count (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
           (if (i32.eq (local.get $count) (i32.const 6))
             (then (call $sleep (i64.const 20000000)) (br $look)))
           (if (local.get $count) (then unreachable))
           (local.set $count (i32.load (i32.const 8)))
           (if (local.get $count) (then
             (call $write (i32.const 1) (i32.const 4096) (local.get $count))
             (br $look))))",
    );
    let import = "(import \"wasi_snapshot_preview1\" \"fd_fdstat_set_flags\"
        (func $set_flags (param i32 i32) (result i32)))";
    let module = module.replacen("(memory (export", &format!("{import} (memory (export"), 1);
    let server = serve(&["-p", &plugin_file("stdio-nonblocking.wat", module)]);
    let mut peer = Peer::connect(server.address);
    for round in [b"1", b"2", b"3"] {
        peer.send(round).expect(round);
    }
    peer.finish().expect_end();
}

#[test]
fn a_program_that_looks_for_input_now_and_then_gets_it_however_long_it_takes() {
    // Each look is shorter than a call may wait, and all together are longer.
    for server in serve_both("looks", &looks_and_sleeps(), &["--wait", "1s"]) {
        let mut peer = Peer::connect(server.address);
        for round in [b"1", b"2"] {
            peer.expect(b".");
            peer.send(round).expect(round);
        }
        peer.finish();
        peer.expect_end();
    }
}
