//! Deadlines by the clock.

use super::{assert_dead, engine, load, open, session, word};
use crate::support::project_file;
use eco_host::contract::Session as _;
use eco_host::plugin::{Budget, Budgets, ClientPlugin, Error, Source};
use std::time::Duration;

const LOOPS: &str =
    "(if (i32.eq (local.get $command) (i32.const 108)) (then (loop $ever (br $ever))))";

/// Budgets that no call here breaks.
fn wide() -> Budgets {
    let mut budgets = Budgets::server(1 << 30);
    budgets.cpu = Duration::from_secs(600);
    budgets
}

fn assert_late(error: &Error, after: &str) {
    let Error::Budget {
        budget: Budget::Deadline,
        value,
        setting: None,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(value, after);
}

#[tokio::test]
async fn a_call_is_over_at_the_deadline_of_its_session() {
    let (engine, told) = engine(wide());
    let plugin = session(&engine, LOOPS).await;
    let mut session = plugin.session();
    open(&mut session).await;
    session.set_deadline(Duration::from_millis(50));
    assert_eq!(&*session.receive(b"k").await.expect("a reply").data, b"k");
    let error = session.receive(b"l").await.expect_err("it is late");
    assert_late(&error, "50ms");
    assert_dead(&mut session).await;
    // The new instance has it too.
    session.reset();
    open(&mut session).await;
    let error = session.receive(b"l").await.expect_err("it is late");
    assert_late(&error, "50ms");
    let calls = [
        "open",
        "receive",
        "receive deadline",
        "open",
        "receive deadline",
    ];
    assert_eq!(told.take(), calls);
}

#[tokio::test]
async fn a_script_is_over_at_the_deadline_of_its_session() {
    let (engine, _) = engine(wide());
    for (name, text) in [
        ("late.js", "function receive() { for (;;); }"),
        ("late.lua", "function receive() while true do end end"),
    ] {
        let mut session = load(&engine, name, text).await.session();
        session.set_deadline(Duration::from_millis(50));
        let error = session.receive(b"x").await.expect_err("it is late");
        assert_late(&error, "50ms");
        assert_dead(&mut session).await;
    }
}

#[tokio::test]
async fn a_dialogue_has_a_deadline_too() {
    let (engine, _) = engine(wide());
    let text = std::fs::read_to_string(project_file("tests/plugins/dialogue.wat"));
    let begin = "(local.set $now (global.get $turn))";
    let looping = text
        .expect("it is there")
        .replace(begin, "(loop $ever (br $ever))");
    let source = Source::component("dialogue.wat", looping);
    let plugin = ClientPlugin::load(&engine, source).await.expect("it loads");
    let mut dialogue = plugin.dialogue().await.expect("it begins");
    dialogue.set_deadline(Duration::from_millis(50));
    dialogue.start(None).await.expect("a turn");
    let error = dialogue.replied(b"x").await.expect_err("it is late");
    assert_late(&error, "50ms");
    let error = dialogue.replied(b"x").await.expect_err("it is over");
    assert_eq!(word(&error), "dead");
}
