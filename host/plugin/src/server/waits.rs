//! A call that waits for its turn until its deadline: it reaches the plugin never.

use crate::{Compiler, Engine, EngineEvent, Error, ServerPlugin, Source};
use eco_compile::{Budget, Budgets};
use eco_contract::Session as _;
use eco_fair::{Account, RecentTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A handler whose calls take some milliseconds, so that they take turns.
const WORKS: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "receive") (param i32 i32) (result i32)
      (local $left i32)
      (local.set $left (i32.const 50000000))
      (loop $more
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $more (local.get $left)))
      (i64.store (i32.const 0) (i64.const 0))
      (i32.const 0)))
  (core instance $m (instantiate $m))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive")
      (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#;

#[tokio::test]
async fn a_call_that_waits_for_its_turn_until_its_deadline_leaves_a_dead_instance() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30))
        .observe(move |event| {
            if let EngineEvent::Called { result: Ok(()), .. } = event {
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
        .build()
        .expect("an engine");
    let source = Source::component("works.wat", WORKS);
    let plugin = ServerPlugin::load(&engine, source).await;
    let mut session = plugin.expect("it loads").session();
    session.receive(b"x").await.expect("a reply");
    // All places are taken, and one waits already.
    let nobody = Arc::<Account>::default();
    let mut places = Vec::new();
    while engine.counters().waiting == 0 {
        let turn = engine
            .0
            .calls
            .enter(&nobody, &nobody, RecentTime::default());
        places.push(turn);
    }
    session.set_deadline(Duration::from_millis(1));
    let late = session.receive(b"x").await.expect_err("no turn comes");
    let Error::Budget { budget, value, .. } = &late else {
        unreachable!("{late}");
    };
    assert_eq!((*budget, &**value), (Budget::Deadline, "1ms"));
    drop(places);
    let dead = session.receive(b"x").await.expect_err("it is dead");
    assert_eq!(dead.code(), "dead");
    session.reset();
    session.set_deadline(Duration::from_secs(60));
    session.receive(b"x").await.expect("a reply");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}
