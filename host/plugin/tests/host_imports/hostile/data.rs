//! What goes to a function and comes back: its bytes, its form, and the memory that holds it.

use super::{breaks, counts, fails};
use crate::{budgets, calls_f, component, engine, engine_with, import, load};
use eco_contract::Session as _;
use eco_plugin::{Budget, Error, MOST_BYTES};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn arguments_beyond_the_bound_are_never_copied() {
    let (calls, import) = counts();
    let engine = engine(import);
    let most = u32::try_from(MOST_BYTES).unwrap();
    let plugin = load(&engine, &calls_f(1, 1024, most))
        .await
        .expect("it loads");
    plugin
        .session()
        .receive(b"x")
        .await
        .expect("that is the bound");
    assert_eq!(calls.swap(0, Ordering::Relaxed), 1);
    for (at, length, said) in [
        (
            1024,
            most + 1,
            "the arguments of `f` of mycompany:kv/store@0.1.0 have more than 65536 bytes",
        ),
        (
            0,
            2_000_000,
            "the arguments of `f` of mycompany:kv/store@0.1.0 have more than 65536 bytes",
        ),
        // 4 GiB, of which the plugin has none.
        (16, u32::MAX, "list pointer/length out of bounds of memory"),
        (u32::MAX, 1, "list pointer/length out of bounds of memory"),
    ] {
        let error = fails(&engine, &calls_f(1, at, length)).await;
        assert!(
            matches!(&error, Error::Trap(text) if text.contains(said)),
            "{error}"
        );
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_list_of_many_texts_that_are_one_is_measured_before_it_is_copied() {
    // Each of 1000 texts is the same 65 bytes. With their headers that is more than 64 KiB.
    let plugin = component(
        r#"(export "f" (func (param "texts" (list string))))"#,
        &[("f", "(param i32 i32)")],
        "(loop $again
           (i32.store (i32.add (i32.const 8192) (i32.mul (local.get $n) (i32.const 8))) (i32.const 40))
           (i32.store (i32.add (i32.const 8196) (i32.mul (local.get $n) (i32.const 8))) (i32.const 65))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $n) (i32.const 1000))))
         (call $f (i32.const 8192) (i32.const 1000)) (i32.const 32)",
    );
    let error = fails(
        &engine(import().function("f", |_: Vec<String>| ())),
        &plugin,
    )
    .await;
    assert!(
        error.to_string().contains("more than 65536 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_text_that_is_no_utf_8_traps() {
    let plugin = component(
        r#"(export "f" (func (param "text" string)))"#,
        &[("f", "(param i32 i32)")],
        "(i32.store (i32.const 64) (i32.const -1)) (call $f (i32.const 64) (i32.const 4)) (i32.const 32)",
    );
    let error = fails(&engine(import().function("f", |_: String| ())), &plugin).await;
    assert!(
        matches!(&error, Error::Trap(text) if text.contains("utf-8")),
        "{error}"
    );
}

/// The host's copies are gone when the function has returned. Together they would be ten times the budget.
#[tokio::test]
async fn many_calls_hold_no_more_memory_than_one() {
    let (calls, import) = counts();
    let mut budgets = budgets();
    budgets.total_memory = 64 << 20;
    let engine = engine_with(import, budgets);
    let plugin = load(&engine, &calls_f(10_000, 1024, 65_536))
        .await
        .expect("it loads");
    plugin.session().receive(b"x").await.expect("it fits");
    assert_eq!(calls.load(Ordering::Relaxed), 10_000);
}

#[tokio::test]
async fn a_result_beyond_the_bound_ends_the_call() {
    let plugin = component(
        r#"(export "f" (func (result (list u8))))"#,
        &[("f", "(param i32)")],
        "(call $f (i32.const 64)) (i32.const 64)",
    );
    let gives = |bytes: usize| {
        let import = import().most_bytes(100);
        engine(import.function("f", move |(): ()| vec![b'x'; bytes]))
    };
    let fits = load(&gives(100), &plugin).await.expect("it loads");
    assert_eq!(fits.session().receive(b"x").await.unwrap().data.len(), 100);
    let error = fails(&gives(101), &plugin).await;
    assert!(
        error.to_string().contains("gave 101 bytes (at most 100)"),
        "{error}"
    );
}

/// A plugin that calls `f` so many times, which gives bytes.
fn takes(times: u32) -> String {
    component(
        r#"(export "f" (func (result (list u8))))"#,
        &[("f", "(param i32)")],
        &format!(
            "(loop $again
               (call $f (i32.const 64))
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $again (i32.lt_u (local.get $n) (i32.const {times}))))
             (i32.const 32)"
        ),
    )
}

/// The two thousand results together would be twice the budget.
#[tokio::test]
async fn a_result_counts_as_memory_in_use_until_the_next_one() {
    let gives = |bytes: usize| {
        let import = import().most_bytes(200 << 20);
        let mut budgets = budgets();
        budgets.total_memory = 64 << 20;
        budgets.cpu = Duration::from_secs(10);
        let import = import.function("f", move |(): ()| vec![b'x'; bytes]);
        engine_with(import, budgets)
    };
    let small = load(&gives(65_536), &takes(2000)).await.expect("it loads");
    small.session().receive(b"x").await.expect("it fits");
    let error = fails(&gives(100 << 20), &takes(1)).await;
    breaks(Budget::TotalMemory, &error);
}
