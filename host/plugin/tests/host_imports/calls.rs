//! Values of all types, callers, and both kinds of plugins.

use super::{NAME, component, engine, hands_on, import, load, source};
use eco_contract::{Connection, Session as _};
use eco_plugin::{Caller, ClientPlugin};
use std::sync::{Arc, Mutex};

eco_plugin::record! {
    /// An entry of a store.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct Entry {
        key: String,
        value: Vec<u8>,
        expires_at as "expires-at": Option<u64>,
    }
}

#[tokio::test]
async fn a_record_goes_to_a_function_and_another_comes_back() {
    // The result is at 64: the key, the value, the option with its number.
    let plugin = component(
        r#"(type $fields (record (field "key" string) (field "value" (list u8)) (field "expires-at" (option u64))))
           (export "entry" (type $entry (eq $fields)))
           (export "swap" (func (param "entry" $entry) (result $entry)))"#,
        &[("swap", "(param i32 i32 i32 i32 i32 i64 i32)")],
        "(call $swap (i32.const 16) (i32.const 4) (local.get $chunk) (local.get $length) (i32.const 1) (i64.const 7) (i32.const 64))
         (if (i64.ne (i64.load (i32.const 88)) (i64.const 8)) (then (unreachable)))
         ;; The key: the chunk, as a text.
         (i32.const 64)",
    );
    let seen = Arc::<Mutex<Vec<Entry>>>::default();
    let sees = seen.clone();
    let swap = move |entry: Entry| {
        sees.lock().unwrap().push(entry.clone());
        Entry {
            key: String::from_utf8(entry.value).expect("it is text"),
            value: entry.key.into_bytes(),
            expires_at: entry.expires_at.map(|time| time + 1),
        }
    };
    let engine = engine(import().function("swap", swap));
    let plugin = load(&engine, &plugin).await.expect("it loads");
    let mut session = plugin.session();
    assert_eq!(session.receive(b"hello").await.unwrap().data, &b"hello"[..]);
    let expected = Entry {
        key: "name".to_owned(),
        value: b"hello".to_vec(),
        expires_at: Some(7),
    };
    assert_eq!(*seen.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn lists_tuples_results_and_small_integers_pass() {
    // The result is at 64: whether it is an error, then the tuple of a list and a number.
    let plugin = component(
        r#"(export "sum" (func (param "numbers" (list s16)) (param "texts" (list string)) (param "add" bool)
             (result (result (tuple (list u8) u64) (error u8)))))"#,
        &[("sum", "(param i32 i32 i32 i32 i32 i32)")],
        // Two numbers at 200: -2 and 5. One text at 208: "name".
        "(i32.store16 (i32.const 200) (i32.const -2)) (i32.store16 (i32.const 202) (i32.const 5))
         (i32.store (i32.const 208) (i32.const 16)) (i32.store (i32.const 212) (i32.const 4))
         (call $sum (i32.const 200) (i32.const 2) (i32.const 208) (i32.const 1) (local.get $length) (i32.const 64))
         (if (i32.load8_u (i32.const 64))
           (then
             ;; The error is a byte, which is the reply.
             (i32.store (i32.const 32) (i32.const 72)) (i32.store (i32.const 36) (i32.const 1))
             (return (i32.const 32))))
         (if (i64.ne (i64.load (i32.const 80)) (i64.const 3)) (then (unreachable)))
         (i32.const 72)",
    );
    type Sum = Result<(Vec<u8>, u64), u8>;
    let sum = |(numbers, texts, add): (Vec<i16>, Vec<String>, bool)| -> Sum {
        let sum: i16 = numbers.iter().sum();
        let text = texts.concat().into_bytes();
        if add {
            Ok((text, u64::try_from(sum).unwrap()))
        } else {
            Err(b'!')
        }
    };
    let engine = engine(import().function("sum", sum));
    let plugin = load(&engine, &plugin).await.expect("it loads");
    let mut session = plugin.session();
    assert_eq!(session.receive(b"1").await.unwrap().data, &b"name"[..]);
    // Any length but zero is a boolean's `true`.
    let mut session = plugin.session();
    assert_eq!(session.receive(b"").await.unwrap().data, &b"!"[..]);
}

#[tokio::test]
async fn a_function_knows_the_connection_that_calls_it() {
    let callers = Arc::<Mutex<Vec<Option<u64>>>>::default();
    let (sees, sees_async) = (callers.clone(), callers.clone());
    let now = import().function_with_caller("f", move |caller: &Caller, _: Vec<u8>| {
        sees.lock().unwrap().push(caller.connection());
    });
    let later = import().async_function_with_caller("f", move |caller: Caller, _: Vec<u8>| {
        let sees = sees_async.clone();
        async move { sees.lock().unwrap().push(caller.connection()) }
    });
    for import in [now, later] {
        let plugin = load(&engine(import), &hands_on()).await.expect("it loads");
        for id in [7, 8] {
            let mut session = plugin.session();
            let connection = Connection {
                id,
                peer: "127.0.0.1:1".to_owned(),
                local: "127.0.0.1:2".to_owned(),
                origin: None,
                details: None,
            };
            drop(session.open(&connection).await.unwrap());
            session.receive(b"x").await.unwrap();
        }
    }
    assert_eq!(
        *callers.lock().unwrap(),
        [Some(7), Some(8), Some(7), Some(8)]
    );
}

#[tokio::test]
async fn a_client_calls_it_too() {
    let plugin = format!(
        r#"(component
          (import "{NAME}" (instance $host (export "next" (func (result u8)))))
          (core module $plugin
            (import "host" "next" (func $next (result i32)))
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            ;; A turn of one byte, which expects nothing.
            (func (export "start") (param i32 i32 i32) (result i32)
              (i32.store8 (i32.const 64) (call $next))
              (i32.store (i32.const 24) (i32.const 64))
              (i32.store (i32.const 28) (i32.const 1))
              (i32.store8 (i32.const 32) (i32.const 3))
              (i32.const 16))
            (func (export "replied") (param i32 i32) (result i32) (unreachable)))
          (core func $next (canon lower (func $host "next")))
          (core instance $plugin (instantiate $plugin (with "host" (instance (export "next" (func $next))))))
          (type $expect' (variant (case "exactly" u64) (case "through" (list u8)) (case "to-end") (case "nothing")))
          (type $turn' (record (field "send" (list u8)) (field "expect" $expect')))
          (type $fault' (record (field "reason" string) (field "offset" (option u64))))
          (type $step' (variant (case "next" $turn') (case "done") (case "wrong" $fault')))
          (func $start (param "message" (option (list u8))) (result (result $turn' (error string)))
            (canon lift (core func $plugin "start") (memory $plugin "memory") (realloc (func $plugin "realloc"))))
          (func $replied (param "reply" (list u8)) (result (result $step' (error string)))
            (canon lift (core func $plugin "replied") (memory $plugin "memory") (realloc (func $plugin "realloc"))))
          (instance $client
            (export "expect" (type $expect'))
            (export "turn" (type $turn'))
            (export "fault" (type $fault'))
            (export "step" (type $step'))
            (export "start" (func $start))
            (export "replied" (func $replied)))
          (export "eco:plugin/client@0.1.0" (instance $client)))"#
    );
    let engine = engine(import().function("next", |(): ()| b'n'));
    let folder = tempfile::tempdir().expect("a folder");
    let client = ClientPlugin::load(&engine, source(&folder, "client.wat", &plugin)).await;
    let client = client.expect("it loads");
    let mut dialogue = client.dialogue().await.expect("it starts");
    assert_eq!(dialogue.start(None).await.unwrap().send, &b"n"[..]);
}
