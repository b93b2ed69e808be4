//! How programs end, and their connections with them.

use super::{both, engine, load, parts, program, serve_both};
use crate::harness::Eco;
use crate::support::{Peer, converse};
use eco_host::contract::{Next, Reason, Session as _};
use eco_host::plugin::{Budgets, Laboratory};

#[test]
fn an_exit_sends_what_is_written_and_closes_in_order_whatever_its_code() {
    // Far more than the queue, and then the exit, with as much still to be sent.
    let module = program(
        &"y".repeat(3000),
        "(if (i32.eqz (call $read (i32.const 1))) (then (call $exit (i32.const 0))))
         (loop $more
           (call $say (i32.const 3000))
           (br_if $more (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 50))))
         (call $exit (i32.sub (i32.load8_u (i32.const 4096)) (i32.const 48)))",
    );
    for server in serve_both("exits", &module, &[]) {
        // The second peer says more than is ever read, which must cost it nothing of its answer.
        for (code, unread) in [("0", 0), ("1", 200_000)] {
            let mut peer = Peer::connect(server.address);
            let message = [code.as_bytes(), &vec![b'x'; unread]].concat();
            peer.send(&message).expect(&[b'y'; 150_000]);
            peer.expect_end();
        }
        server.logged(&["the program exited with code 1"]);
        assert!(!server.log().contains("code 0"), "{}", server.log());
        // At the end of its input it may still say something, and its peer is told that this was all.
        assert_eq!(converse(server.address, b""), b"");
    }
}

#[test]
fn a_program_that_needs_no_input_serves_without_one() {
    let module = program("the time is now\\n", "(call $say (i32.const 16))");
    for server in serve_both("speaks", &module, &[]) {
        let mut peer = Peer::connect(server.address);
        peer.expect(b"the time is now\n").expect_end();
        server.logged(&["closed connection=1", "reason=\"by-plugin\""]);
    }
}

#[test]
fn a_trap_is_a_reset_and_its_output_is_lost() {
    let module = program(
        "never sent",
        "(drop (call $read (i32.const 1))) (call $say (i32.const 10)) unreachable",
    );
    for server in serve_both("traps", &module, &[]) {
        let mut peer = Peer::connect(server.address);
        assert_eq!(peer.send(b"x").expect_reset(), b"");
        server.logged(&["the plugin trapped", "unreachable"]);
    }
    // Whoever looks for the mistake sees what it had written.
    for path in both("traps", &module) {
        let called = Eco::new(&["call", &path, "x"]).run(b"");
        assert_eq!(called.code, 65, "{}", called.stderr);
        let words = "> \"x\"\n< \"never sent\"  (written, and not sent)\n";
        assert_eq!(called.text(), words);
    }
}

#[tokio::test]
async fn the_end_of_input_is_read_as_the_end_of_a_file_and_a_long_reply_to_it_comes_in_parts() {
    let engine = engine(Budgets::server(1 << 30));
    // Writes 200,000 bytes when there is no more to read.
    let module = program(
        &"z".repeat(50_000),
        "(loop $more (br_if $more (call $read (i32.const 4096))))
         (call $say (i32.const 50000)) (call $say (i32.const 50000))
         (call $say (i32.const 50000)) (call $say (i32.const 50000))",
    );
    let mut session = load(&engine, module).await.session().in_parts();
    super::greeting(&mut session).await.expect("nothing");
    for chunk in [b"one", b"two"] {
        assert_eq!(session.receive(chunk).await.expect("nothing").data.len(), 0);
    }
    let (mut all, mut next) = parts(session.end_of_input().await.expect("a part"));
    while next == Next::More {
        let (part, then) = parts(session.more().await.expect("a part"));
        all.extend(part);
        next = then;
    }
    assert_eq!((all.len(), next), (200_000, Next::KeepOpen));
    // Its output came only at the end, of which its author is told.
    let hint = session.hint().expect("a hint");
    assert!(
        hint.starts_with("nothing was written before the end of input: flush stdout"),
        "{hint}"
    );
    // It is over.
    session.receive(b"more").await.expect_err("it has exited");
    session
        .closed(Reason::Ended)
        .await
        .expect("nothing is left to do");
}

#[tokio::test]
async fn a_program_whose_peer_is_gone_reads_the_end_and_can_not_write() {
    let module = program(
        "x",
        "(loop $more (br_if $more (call $read (i32.const 10))))
         (call $say (i32.const 1))
         unreachable",
    );
    let engine = engine(Budgets::server(1 << 30));
    let loaded = load(&engine, &module).await;
    let mut session = loaded.session().in_parts();
    super::greeting(&mut session).await.expect("nothing");
    // The exit comes before the trap.
    session.closed(Reason::PeerReset).await.expect("it exits");
    // Its code is EPIPE, which is 64 in preview 1. The log of a laboratory has it.
    let laboratory = Laboratory::default();
    let mut session = loaded.session_in(&laboratory).in_parts();
    super::greeting(&mut session).await.expect("nothing");
    session.closed(Reason::PeerReset).await.expect("it exits");
    let log = laboratory.log();
    assert_eq!(log, ["eco: the program exited with code 64"]);
    // One that is in the middle of its output hears of it too.
    let module = program("x", "(loop $more (call $say (i32.const 1)) (br $more))");
    let mut session = load(&engine, &module).await.session().in_parts();
    super::greeting(&mut session).await.expect("a part");
    session.closed(Reason::Stalled).await.expect("it exits");
}
