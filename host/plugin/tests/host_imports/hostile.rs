//! Plugins that attack the host through an import, and functions that fail.

use super::{budgets, calls_f, component, engine, engine_with, hands_on, import, load};
use eco_contract::Session as _;
use eco_plugin::{Budget, Engine, Error, HostImport, MOST_BYTES, ServerPlugin, Trap};
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// An import with `f`, which counts its calls.
fn counts() -> (Arc<AtomicUsize>, HostImport) {
    let calls = Arc::<AtomicUsize>::default();
    let count = calls.clone();
    let import = import().function("f", move |_: Vec<u8>| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    (calls, import)
}

/// The error of a plugin's first call.
async fn fails(engine: &Engine, plugin: &str) -> Error {
    let plugin = load(engine, plugin).await.expect("it loads");
    failed(&plugin).await
}

async fn failed(plugin: &ServerPlugin) -> Error {
    let result = plugin.session().receive(b"x").await.map(drop);
    result.expect_err("it fails")
}

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
    assert!(
        matches!(
            error,
            Error::Budget {
                budget: Budget::Fuel,
                ..
            }
        ),
        "{error}"
    );
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
    assert!(
        matches!(
            error,
            Error::Budget {
                budget: Budget::Fuel,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(calls.load(Ordering::Relaxed), 9);
}

#[tokio::test]
async fn a_plugin_that_calls_for_ever_is_out_of_time() {
    let (calls, import) = counts();
    let mut budgets = budgets();
    budgets.cpu = Duration::from_millis(50);
    let engine = engine_with(import, budgets);
    let error = fails(&engine, &calls_f(u32::MAX, 16, 4)).await;
    assert!(
        matches!(
            error,
            Error::Budget {
                budget: Budget::Cpu,
                ..
            }
        ),
        "{error}"
    );
    assert!(calls.load(Ordering::Relaxed) > 100);
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
    assert!(
        matches!(
            error,
            Error::Budget {
                budget: Budget::TotalMemory,
                ..
            }
        ),
        "{error}"
    );
}

/// A component's start code runs while the plugin is tried out, and at each start of an instance.
#[tokio::test]
async fn start_code_may_call_functions() {
    let (calls, import) = counts();
    let plugin = hands_on().replacen(
        r#"(func (export "receive")"#,
        r#"(func $start (call $f (i32.const 16) (i32.const 4)))
           (start $start)
           (func (export "receive")"#,
        1,
    );
    let plugin = load(&engine(import), &plugin).await.expect("it loads");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    plugin.session().receive(b"x").await.expect("it replies");
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_function_that_panics_ends_that_call_and_nothing_else() {
    let panics = |data: Vec<u8>| {
        assert!(data == b"ok", "it is no \"ok\"");
    };
    let now = import().function("f", panics);
    let at_once = import().async_function("f", move |data: Vec<u8>| {
        panics(data);
        async {}
    });
    let later = import().async_function("f", move |data: Vec<u8>| async move {
        tokio::task::yield_now().await;
        panics(data);
    });
    for import in [now, at_once, later] {
        let plugin = load(&engine(import), &hands_on()).await.expect("it loads");
        let error = failed(&plugin).await;
        assert!(error.is_internal() && error.code() == "import", "{error:?}");
        assert_eq!(
            error.to_string(),
            "`f` of mycompany:kv/store@0.1.0 panicked: it is no \"ok\""
        );
        plugin
            .session()
            .receive(b"ok")
            .await
            .expect("another connection goes on");
    }
}

#[tokio::test]
async fn a_function_may_end_the_call() {
    let import = import().function("f", |data: Vec<u8>| match &data[..] {
        b"ok" => Ok(()),
        _ => Err(Trap::new("that is\nnot allowed")),
    });
    let plugin = load(&engine(import), &hands_on()).await.expect("it loads");
    plugin.session().receive(b"ok").await.expect("it goes on");
    let error = failed(&plugin).await;
    let said = "`f` of mycompany:kv/store@0.1.0 ended the call: that is\\nnot allowed";
    assert!(
        matches!(&error, Error::Trap(text) if text.contains(said)),
        "{error}"
    );
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
    assert!(
        matches!(
            error,
            Error::Budget {
                budget: Budget::Wait,
                ..
            }
        ),
        "{error}"
    );
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
    assert!(
        matches!(
            error,
            Error::Budget {
                budget: Budget::Deadline,
                ..
            }
        ),
        "{error}"
    );
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
    assert!(
        matches!(
            error,
            Error::Budget {
                budget: Budget::Cpu,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

/// A plugin that recurses as deep as its chunk is long, times 16, and then calls `f`.
fn recurses() -> String {
    let plugin = component(
        r#"(export "f" (func (param "data" (list u8))))"#,
        &[("f", "(param i32 i32)")],
        "(call $deep (i32.mul (local.get $length) (i32.const 16))) (i32.const 32)",
    );
    let deep = r#"(func $deep (param $left i32)
       (if (local.get $left)
         (then
           (call $deep (i32.sub (local.get $left) (i32.const 1)))
           ;; Not a call at the end, which would need no stack.
           (i32.store (i32.const 48) (local.get $left)))
         (else (call $f (i32.const 16) (i32.const 4)))))
     (func (export "receive")"#;
    plugin.replacen(r#"(func (export "receive")"#, deep, 1)
}

/// The plugin chooses where on its stack a function begins.
#[tokio::test]
async fn a_function_has_its_stack_however_deep_the_plugin_is() {
    let import = import().function("f", |_: Vec<u8>| {
        std::hint::black_box(&mut [0_u8; 1 << 20]);
    });
    let plugin = load(&engine(import), &recurses()).await.expect("it loads");
    let fits = async |deep: usize| {
        let chunk = vec![b'x'; deep];
        plugin.session().receive(&chunk).await.map(drop)
    };
    let (mut fit, mut too_deep) = (0, 50_000);
    while too_deep - fit > 1 {
        let deep = usize::midpoint(fit, too_deep);
        match fits(deep).await {
            Ok(()) => fit = deep,
            Err(error) => {
                assert!(error.to_string().contains("stack"), "{error}");
                too_deep = deep;
            }
        }
    }
    assert!(fit > 100, "{fit}");
}

#[tokio::test]
async fn a_function_may_call_the_same_plugin() {
    let this = Arc::<OnceLock<ServerPlugin>>::default();
    let calls = Arc::<AtomicUsize>::default();
    let (plugin, count) = (this.clone(), calls.clone());
    let import = import().async_function("f", move |data: Vec<u8>| {
        let (plugin, count) = (plugin.get().expect("it is loaded").clone(), count.clone());
        async move {
            count.fetch_add(1, Ordering::Relaxed);
            if data.len() < 10 {
                let longer = [&data[..], b"x"].concat();
                let mut session = plugin.session();
                let call = Box::pin(session.receive(&longer));
                drop(call.await.expect("it calls"));
            }
        }
    });
    let plugin = load(&engine(import), &hands_on()).await.expect("it loads");
    assert!(this.set(plugin.clone()).is_ok());
    plugin
        .session()
        .receive(b"x")
        .await
        .expect("it calls itself");
    assert_eq!(calls.load(Ordering::Relaxed), 10);
}
