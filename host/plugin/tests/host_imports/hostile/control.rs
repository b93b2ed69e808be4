//! Where a function runs, and where it leads: start code, a deep stack, a panic, the plugin once more.

use super::{counts, failed};
use crate::{component, engine, hands_on, import, load};
use eco_contract::Session as _;
use eco_plugin::{Error, ServerPlugin, Trap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

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
