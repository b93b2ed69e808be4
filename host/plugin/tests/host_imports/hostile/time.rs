//! The price of calls, and the time of functions.

use super::{breaks, counts, fails};
use crate::{budgets, calls_f, component, engine, engine_with, hands_on, import, load};
use eco_contract::Session as _;
use eco_plugin::{Budget, Engine, HostImport};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn a_call_has_its_price_and_a_plugin_that_calls_for_ever_is_out_of_fuel() {
    let (calls, import) = counts();
    let mut budgets = budgets();
    budgets.fuel = 1_000_000;
    let engine = Engine::builder(eco_plugin::Compiler::InProcess, budgets)
        .import(import.fuel(10_000))
        .metered()
        .build()
        .expect("an engine");
    // 8 KiB cost 2000 besides.
    let error = fails(&engine, &calls_f(1_000_000, 1024, 8192)).await;
    breaks(Budget::Fuel, &error);
    assert_eq!(calls.load(Ordering::Relaxed), 83);
}

#[tokio::test]
async fn items_that_are_read_one_by_one_have_their_price() {
    let calls = Arc::<AtomicUsize>::default();
    let count = calls.clone();
    let import = import().fuel(10_000).function("f", move |_: Vec<bool>| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let mut budgets = budgets();
    budgets.fuel = 1_000_000;
    let engine = Engine::builder(eco_plugin::Compiler::InProcess, budgets)
        .import(import)
        .metered()
        .build()
        .expect("an engine");
    // 3200 items cost 100,000.
    let plugin = calls_f(1_000_000, 1024, 3200);
    let plugin = plugin.replacen(r#""data" (list u8)"#, r#""data" (list bool)"#, 1);
    let error = fails(&engine, &plugin).await;
    breaks(Budget::Fuel, &error);
    assert_eq!(calls.load(Ordering::Relaxed), 9);
}

#[tokio::test]
async fn a_plugin_that_calls_for_ever_is_out_of_time() {
    let (calls, import) = counts();
    let mut budgets = budgets();
    budgets.cpu = Duration::from_millis(50);
    let engine = engine_with(import, budgets);
    let error = fails(&engine, &calls_f(u32::MAX, 16, 4)).await;
    breaks(Budget::Cpu, &error);
    assert!(calls.load(Ordering::Relaxed) > 100);
}

/// Tells when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An import whose `f` never ends, and whether its future was dropped.
fn never_ends() -> (Arc<AtomicBool>, HostImport) {
    let dropped = Arc::<AtomicBool>::default();
    let flag = dropped.clone();
    let import = import().async_function("f", move |_: Vec<u8>| {
        let guard = Dropped(flag.clone());
        async move {
            pending::<()>().await;
            drop(guard);
        }
    });
    (dropped, import)
}

#[tokio::test]
async fn a_function_that_never_ends_is_dropped_when_its_call_has_waited_for_too_long() {
    let (dropped, import) = never_ends();
    let mut budgets = budgets();
    budgets.wait = Duration::from_millis(20);
    let error = fails(&engine_with(import, budgets), &hands_on()).await;
    breaks(Budget::Wait, &error);
    assert!(dropped.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_function_is_dropped_with_its_call() {
    let (dropped, import) = never_ends();
    let plugin = load(&engine(import), &hands_on()).await.expect("it loads");
    let mut session = plugin.session();
    let call = session.receive(b"x");
    let given_up = tokio::time::timeout(Duration::from_millis(20), call).await;
    assert!(given_up.is_err());
    drop(session);
    assert!(dropped.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_function_that_blocks_has_the_time_of_its_call() {
    let import = import().function("f", |_: Vec<u8>| {
        std::thread::sleep(Duration::from_millis(30));
    });
    let mut budgets = budgets();
    budgets.deadline = Duration::from_millis(20);
    let error = fails(&engine_with(import, budgets), &hands_on()).await;
    breaks(Budget::Deadline, &error);
}

/// Works until its thread has had so much processor time.
#[cfg(unix)]
fn works(time: Duration) {
    use rustix::time::{ClockId, clock_gettime};
    let had = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a time");
    let end = had() + time;
    while had() < end {
        std::hint::spin_loop();
    }
}

/// No tick interrupts it, and the call ends without a pause.
#[cfg(unix)]
#[tokio::test]
async fn the_work_of_a_function_is_processor_time_of_its_call() {
    let work = Duration::from_millis(100);
    let now = import().function("f", move |_: Vec<u8>| works(work));
    let later = import().async_function("f", move |_: Vec<u8>| async move { works(work) });
    for import in [now, later] {
        let budgets = budgets().cpu(Duration::from_secs(10));
        let engine = engine_with(import, budgets);
        let plugin = load(&engine, &hands_on()).await.expect("it loads");
        let mut session = plugin.session();
        for calls in 1..3 {
            session.receive(b"x").await.expect("it replies");
            let cpu = session.usage().and_then(|usage| usage.cpu);
            assert!(cpu >= Some(calls * work), "{cpu:?}");
        }
    }
}

/// Code without loops reaches no tick between two functions.
#[cfg(unix)]
#[tokio::test]
async fn a_plugin_that_calls_one_function_after_the_other_is_out_of_time() {
    let calls = Arc::<AtomicUsize>::default();
    let count = calls.clone();
    let import = import().function("f", move |_: Vec<u8>| {
        count.fetch_add(1, Ordering::Relaxed);
        works(Duration::from_millis(60));
    });
    let plugin = component(
        r#"(export "f" (func (param "data" (list u8))))"#,
        &[("f", "(param i32 i32)")],
        &format!(
            "{} (i32.const 32)",
            "(call $f (local.get $chunk) (local.get $length))".repeat(20)
        ),
    );
    let budgets = budgets().cpu(Duration::from_millis(100));
    let error = fails(&engine_with(import, budgets), &plugin).await;
    breaks(Budget::Cpu, &error);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}
