//! Warm slots of the pool keep memory from one instance to the next: it is clean, and no more than its share.

use super::pool::{Cleaning, pool};
use super::{Engine, EngineBuilder};
use crate::{Compiler, ServerPlugin, Source};
use eco_compile::Budgets;
use eco_compile::KEPT_PART;
use eco_contract::{Reason, Session as _};
use std::time::Duration;
use wasmtime::{InstanceAllocationStrategy, PoolingAllocationConfig};

const MIB: usize = 1 << 20;

/// A plugin that obeys the first byte of its chunk. `f` grows memory by four pages, and fills memory, the table and a
/// good part of the stack. `t` does the same and traps; `l` does the same and loops for ever. `?` searches for
/// remains and returns zeros, since it finds none.
const FILLS: &str = r#"(component
  (core module $m
    (memory (export "memory") 2)
    (table $t 100 funcref)
    (elem declare func $deep)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
    (func $deep (param i64) (result i64)
      (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
        (else (i64.add (call $deep (i64.sub (local.get 0) (i64.const 1))) (local.get 0)))))
    (func $fill
      (drop (memory.grow (i32.const 4)))
      (memory.fill (i32.const 1024) (i32.const 170) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1024)))
      (table.fill $t (i32.const 0) (ref.func $deep) (i32.const 100))
      (drop (call $deep (i64.const 1000))))
    (func $look (result i32) (local $at i32) (local $found i32)
      (drop (memory.grow (i32.const 4)))
      (local.set $at (i32.const 1024))
      (loop $more
        ;; The chunk itself is at 65536.
        (if (i32.ne (local.get $at) (i32.const 65536))
          (then (local.set $found (i32.or (local.get $found) (i32.load (local.get $at))))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $more (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
      (local.set $at (i32.const 0))
      (loop $more
        (if (i32.eqz (ref.is_null (table.get $t (local.get $at))))
          (then (local.set $found (i32.const 1))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $at) (i32.const 100))))
      (local.get $found))
    (func (export "receive") (param $chunk i32) (param i32) (result i32) (local $word i32)
      (local.set $word (i32.load8_u (local.get $chunk)))
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.const 4))
      (if (i32.eq (local.get $word) (i32.const 63))
        (then (i32.store (i32.const 16) (call $look)) (return (i32.const 0))))
      (call $fill)
      (if (i32.eq (local.get $word) (i32.const 116)) (then unreachable))
      (if (i32.eq (local.get $word) (i32.const 108)) (then (loop $ever (br $ever))))
      (i32.const 0)))
  (core instance $m (instantiate $m))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive")
      (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#;

fn builder(cleaning: Cleaning, total_memory: usize) -> EngineBuilder {
    let budgets = Budgets::default()
        .cpu(Duration::from_millis(10))
        .total_memory(total_memory);
    let mut builder = Engine::builder(Compiler::InProcess, budgets).pooled(4);
    builder.cleaning = cleaning;
    builder
}

async fn fills(engine: &Engine) -> ServerPlugin {
    let source = Source::component("fills.wat", FILLS);
    ServerPlugin::load(engine, source).await.expect("it loads")
}

/// The ways of cleaning that this system supports. Older kernels and other systems support only the first.
fn ways() -> Vec<Cleaning> {
    let mut ways = vec![Cleaning::First];
    if Cleaning::of_this_system() == Cleaning::Written {
        ways.push(Cleaning::Written);
    }
    ways
}

#[tokio::test]
async fn a_warm_slot_shows_nothing_of_the_connection_before() {
    for way in ways() {
        let engine = builder(way, 1024 * MIB).build().expect("an engine");
        let plugin = fills(&engine).await;
        for round in 0..1000 {
            let mut session = plugin.session();
            let (word, is_well) = match round % 20 {
                // A call that is cut uses up its time first, so few rounds have one.
                0 => (b"l", false),
                1..10 => (b"t", false),
                _ => (b"f", true),
            };
            let filled = session.receive(word).await;
            assert_eq!(filled.is_ok(), is_well, "{way:?}: {:?}", filled.err());
            let _ = session.closed(Reason::Ended).await;
            drop(session);
            let mut session = plugin.session();
            let found = session.receive(b"?").await.expect("it looks");
            assert_eq!(&*found.data, [0; 4], "{way:?}, after {word:?}");
        }
    }
}

#[tokio::test]
async fn what_slots_keep_is_bounded() {
    for way in ways() {
        for total in [0, MIB, 100 * MIB, 1 << 34] {
            let budgets = Budgets::default().total_memory(total);
            for engines in [1, 64] {
                let InstanceAllocationStrategy::Pooling(pool) =
                    pool(&budgets, 10_000, 1 << 32, way, engines)
                else {
                    unreachable!("it is one");
                };
                let slots = pool.get_max_unused_warm_slots() as usize;
                let kept = pool.get_memory_keep_resident() + pool.get_table_keep_resident();
                let all = engines * slots * kept;
                assert!(all <= total / KEPT_PART, "{way:?}, {total}, {engines}");
            }
        }
    }
}

#[tokio::test]
async fn what_slots_keep_counts_with_what_is_in_use() {
    if !PoolingAllocationConfig::is_pagemap_scan_available() {
        return;
    }
    let total = 64 * MIB;
    let engine = builder(Cleaning::Written, total)
        .build()
        .expect("an engine");
    let plugin = fills(&engine).await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let mut session = plugin.session();
        session.receive(b"f").await.expect("it fills");
        sessions.push(session);
    }
    assert!(engine.0.total_memory.check(total).is_ok());
    drop(sessions);
    // Each instance wrote six pages, all but the first KiB.
    let kept = 4 * 6 * 64 * 1024;
    assert!(engine.0.total_memory.check(total - kept - MIB).is_ok());
    assert!(engine.0.total_memory.check(total - kept + MIB).is_err());
}
