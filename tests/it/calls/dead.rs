//! An instance is dead after a failure of any kind, and the plugin is called no more.

use super::{assert_dead, connection, drop_halfway, engine, load, open, session, word};
use crate::support::{handler, project_file};
use eco_host::contract::{Opening, Reason, Session as _};
use eco_host::plugin::{
    Budgets, ClientPlugin, Dialogue, Error, LoadError, PluginSession, ServerPlugin, Source,
};
use std::path::PathBuf;
use std::time::Duration;

/// Failures of the session plugin beside its own: a loop, recursion without an end, memory, a pointer out of place.
const FAILURES: &str = r"
    (if (i32.eq (local.get $command) (i32.const 108)) (then (loop $ever (br $ever))))
    (if (i32.eq (local.get $command) (i32.const 109))
      (then (loop $more (drop (memory.grow (i32.const 16))) (br $more))))
    (if (i32.eq (local.get $command) (i32.const 117)) (then (return (i32.const 1))))";

fn small() -> Budgets {
    let mut budgets = Budgets::server(1 << 30);
    budgets.cpu = Duration::from_millis(20);
    budgets.reply = 100;
    budgets
}

#[tokio::test]
async fn a_component_is_called_no_more_after_any_failure() {
    let (engine, told) = engine(small());
    let plugin = session(&engine, FAILURES).await;
    let long = [b'k'; 101];
    for (chunk, failure) in [
        (&b"t"[..], "trap"),
        (b"l", "cpu"),
        (b"m", "memory"),
        (b"u", "abi"),
        (&long, "reply"),
    ] {
        let mut session = plugin.session();
        open(&mut session).await;
        let error = session.receive(chunk).await.expect_err("it fails");
        assert_eq!(word(&error), failure);
        assert_dead(&mut session).await;
        session.closed(Reason::Failed).await.expect("nothing fails");
        assert_eq!(told.take(), ["open", &format!("receive {failure}")]);
    }
}

#[tokio::test]
async fn closed_alone_follows_an_error_of_the_plugins_own() {
    let (engine, told) = engine(small());
    let plugin = session(&engine, "").await;
    let mut session = plugin.session();
    open(&mut session).await;
    let error = session.receive(b"e").await.expect_err("an error");
    assert!(matches!(error, Error::Plugin(_)));
    assert_dead(&mut session).await;
    session.closed(Reason::Failed).await.expect("it is told");
    session.closed(Reason::Failed).await.expect("it was told");
    assert_dead(&mut session).await;
    let closed = ["said \"closed 6\"", "closed"];
    assert_eq!(
        told.take(),
        [&["open", "receive plugin-error"][..], &closed].concat()
    );
}

/// The text counts as output of the log: it breaks a budget, although the call returned.
#[tokio::test]
async fn an_error_whose_text_breaks_the_budget_of_the_log_is_no_error_of_the_plugins_own() {
    let mut budgets = small();
    budgets.log = 10;
    let (engine, told) = engine(budgets);
    let plugin = session(&engine, "").await;
    let mut session = plugin.session();
    open(&mut session).await;
    let error = session.receive(b"e").await.expect_err("an error");
    assert_eq!(word(&error), "log-output");
    assert_dead(&mut session).await;
    session.closed(Reason::Failed).await.expect("nothing fails");
    assert_eq!(told.take(), ["open", "receive log-output"]);
}

#[tokio::test]
async fn who_refuses_a_connection_is_called_no_more() {
    let (engine, told) = engine(small());
    let text = std::fs::read_to_string(project_file("tests/plugins/session.wat"));
    let refusing = text.expect("it is there").replace(
        "(call $reply (local.get $peer) (local.get $length) (i32.const 0))",
        "(call $error)",
    );
    let mut session = load(&engine, "refusing.wat", refusing).await.session();
    let opening = session.open(&connection()).await.expect("it answers");
    assert!(matches!(opening, Opening::Refusal(_)));
    assert_dead(&mut session).await;
    session.closed(Reason::Failed).await.expect("nothing fails");
    assert_eq!(told.take(), ["open plugin-error"]);
}

#[tokio::test]
async fn a_dropped_call_leaves_a_dead_instance_and_a_reset_a_new_one() {
    let mut budgets = small();
    budgets.cpu = Duration::from_secs(60);
    let (engine, told) = engine(budgets);
    let plugin = session(&engine, FAILURES).await;
    let mut session = plugin.session();
    open(&mut session).await;
    drop_halfway(session.receive(b"l"));
    assert_dead(&mut session).await;
    assert!(session.usage().is_some(), "the dead one is still there");
    session.reset();
    assert!(session.usage().is_none());
    open(&mut session).await;
    assert_eq!(&*session.receive(b"k").await.expect("a reply").data, b"k");
    session.closed(Reason::Ended).await.expect("it is told");
    assert_dead(&mut session).await;
    let calls = ["open", "open", "receive", "said \"closed 0\"", "closed"];
    assert_eq!(told.take(), calls);
}

#[tokio::test]
async fn a_script_is_called_no_more_after_any_failure() {
    let scripts = [
        (
            "dies.js",
            "function receive(chunk) {
                const word = new TextDecoder().decode(chunk);
                if (word === 'loop') for (;;);
                if (word === 'caught') for (;;) { try { for (;;); } catch {} }
                if (word === 'promise') Promise.resolve().then(() => { for (;;); });
                if (word === 'reply') return 'x'.repeat(101);
                return chunk;
            }
            function closed(why) { console.log(why); }",
        ),
        (
            "dies.lua",
            "function receive(word)
                if word == 'loop' then while true do end end
                if word == 'caught' then while true do pcall(function() while true do end end) end end
                if word == 'reply' then return ('x'):rep(101) end
                return word
            end
            function closed(why) print(why) end",
        ),
    ];
    let (engine, told) = engine(small());
    for (name, text) in scripts {
        let plugin = load(&engine, name, text).await;
        for (word_sent, failure) in [
            ("loop", "cpu"),
            ("caught", "cpu"),
            ("promise", "cpu"),
            ("reply", "reply"),
        ] {
            if word_sent == "promise" && name == "dies.lua" {
                continue;
            }
            let mut session = plugin.session();
            open(&mut session).await;
            let error = session.receive(word_sent.as_bytes()).await;
            assert_eq!(word(&error.expect_err("it fails")), failure, "{word_sent}");
            assert_dead(&mut session).await;
            session.closed(Reason::Failed).await.expect("nothing fails");
            let mut calls = told.take();
            // JavaScript logs an error that no promise takes.
            calls.retain(|call| !call.contains("interrupted"));
            let all = ["open".to_owned(), format!("receive {failure}")];
            assert_eq!(calls, all, "{name}: {word_sent}");
        }
        let mut session = plugin.session();
        open(&mut session).await;
        drop_halfway(session.receive(b"loop"));
        assert_dead(&mut session).await;
        session.reset();
        open(&mut session).await;
        assert_eq!(&*session.receive(b"k").await.expect("a reply").data, b"k");
        told.take();
    }
}

/// The interpreter returns well from it, since a promise takes the interruption.
#[tokio::test]
async fn a_script_that_uses_up_its_time_behind_a_promise_does_not_load() {
    let (engine, _) = engine(small());
    let text = "Promise.resolve().then(() => { for (;;); });\nfunction receive() {}";
    let source = Source::from_contents("promises.js", text);
    let error = ServerPlugin::load(&engine, source)
        .await
        .expect_err("it loops");
    assert!(
        matches!(&error, LoadError::Start(error) if word(error) == "cpu"),
        "{error}"
    );
}

/// Traps at `!`, and replies with the chunk. It can't loop, so that it is called directly.
fn direct(realloc: &str) -> String {
    let fields = format!(
        r#"(memory (export "memory") 2)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc} (i32.const 16))
        (func (export "receive") (param i32 i32) (result i32)
          (if (i32.eq (i32.load8_u (local.get 0)) (i32.const 33)) (then unreachable))
          (i32.store (i32.const 0) (local.get 0))
          (i32.store (i32.const 4) (local.get 1))
          (i32.const 0))"#
    );
    handler(&fields, "")
}

#[tokio::test]
async fn a_plugin_that_is_called_directly_is_called_no_more_after_any_failure() {
    let (engine, told) = engine(small());
    let plugin = load(&engine, "direct.wat", direct("")).await;
    let long = [b'k'; 101];
    for (chunk, failure) in [(&b"!"[..], "trap"), (&long, "reply")] {
        let mut session = plugin.session();
        assert_eq!(&*session.receive(b"k").await.expect("a reply").data, b"k");
        assert!(session.usage().is_some_and(|usage| usage.cpu.is_none()));
        let error = session.receive(chunk).await.expect_err("it fails");
        assert_eq!(word(&error), failure);
        assert_dead(&mut session).await;
        assert_dead_buffer(&mut session);
        session.closed(Reason::Failed).await.expect("nothing fails");
        assert_eq!(told.take(), ["receive", &format!("receive {failure}")]);

        session.reset();
        session.receive(b"k").await.expect("a reply");
        let buffer = session.direct_buffer().expect("it has one");
        let room = buffer.room(chunk.len()).expect("there is room");
        room.copy_from_slice(chunk);
        let error = buffer.receive_filled(chunk.len()).expect_err("it fails");
        assert_eq!(word(&error), failure);
        assert_dead(&mut session).await;
        assert_dead_buffer(&mut session);
        assert_eq!(told.take(), ["receive", &format!("receive {failure}")]);
    }
    let traps = "(if (i32.eq (local.get 3) (i32.const 2)) (then unreachable))";
    let plugin = load(&engine, "direct.wat", direct(traps)).await;
    let mut session = plugin.session();
    assert_eq!(&*session.receive(b"k").await.expect("a reply").data, b"k");
    let error = session.receive(b"kk").await.expect_err("it fails");
    assert_eq!(word(&error), "trap");
    assert_dead(&mut session).await;
    assert_eq!(told.take(), ["receive", "receive trap"]);
}

fn assert_dead_buffer(session: &mut PluginSession) {
    let buffer = session.direct_buffer().expect("it has one");
    let error = buffer.room(1).expect_err("it is dead");
    assert_eq!(word(&error), "dead");
}

async fn dialogue(engine: &eco_host::plugin::Engine, replied: &str) -> Dialogue {
    let path = PathBuf::from(project_file("tests/plugins/dialogue.wat"));
    let text = std::fs::read_to_string(path).expect("it is there");
    let begin = "(local.set $now (global.get $turn))";
    assert!(text.contains(begin));
    let text = text.replace(begin, &format!("{begin} {replied}"));
    let source = Source::component("dialogue.wat", text);
    let plugin = ClientPlugin::load(engine, source).await.expect("it loads");
    plugin.dialogue().await.expect("it begins")
}

#[tokio::test]
async fn a_dialogue_is_over_after_any_failure() {
    let error_of_its_own = "(i32.store8 (i32.const 0) (i32.const 1))
        (i32.store (i32.const 4) (i32.const 288)) (i32.store (i32.const 8) (i32.const 4))
        (return (i32.const 0))";
    let through_nothing = "(i32.store8 (i32.const 0) (i32.const 0))
        (i32.store8 (i32.const 8) (i32.const 0))
        (call $turn (i32.const 16) (i32.const 264) (i32.const 5) (i32.const 1) (i64.const 256))
        (return (i32.const 0))";
    let long = "(i32.store8 (i32.const 0) (i32.const 0))
        (i32.store8 (i32.const 8) (i32.const 0))
        (call $turn (i32.const 16) (i32.const 264) (i32.const 101) (i32.const 0) (i64.const 5))
        (return (i32.const 0))";
    let (engine, told) = engine(small());
    for (replied, failure) in [
        ("unreachable", "trap"),
        ("(loop $ever (br $ever))", "cpu"),
        (error_of_its_own, "plugin-error"),
        (through_nothing, "plugin-error"),
        (long, "reply"),
    ] {
        let mut dialogue = dialogue(&engine, replied).await;
        dialogue.start(None).await.expect("a turn");
        let error = dialogue.replied(b"x").await.expect_err("it fails");
        assert_eq!(word(&error), failure, "{replied}");
        let error = dialogue.replied(b"x").await.expect_err("it is over");
        assert_eq!(word(&error), "dead");
        let error = dialogue.start(None).await.expect_err("it is over");
        assert_eq!(word(&error), "dead");
        assert_eq!(told.take(), ["start", &format!("replied {failure}")]);
    }
    let mut budgets = small();
    budgets.cpu = Duration::from_secs(60);
    let (engine, _) = super::engine(budgets);
    let mut dialogue = dialogue(&engine, "(loop $ever (br $ever))").await;
    dialogue.start(None).await.expect("a turn");
    drop_halfway(dialogue.replied(b"x"));
    let error = dialogue.replied(b"x").await.expect_err("it is over");
    assert_eq!(word(&error), "dead");
}
