//! Imports in scripts: their names, values, errors, and what a script can't do with them.

use super::{NAME, budgets, engine, import, source};
use eco_contract::Session as _;
use eco_plugin::{Budget, Cache, Compiler, Engine, Error, HostImport, ServerPlugin, Trap};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

eco_plugin::record! {
    /// An entry of a store.
    #[derive(Clone, Debug, PartialEq)]
    struct Entry {
        key: String,
        value: Vec<u8>,
        expires_at as "expires-at": Option<u64>,
    }
}

eco_plugin::record! {
    /// A record that is larger than the part of a script's empty object.
    struct Wide {
        a: Option<u64>,
        b: Option<u64>,
        c: Option<u64>,
        d: Option<u64>,
    }
}

/// A store of entries, with functions of all kinds.
fn kv() -> HostImport {
    let entries = Arc::<Mutex<BTreeMap<String, Entry>>>::default();
    let (gets, sets) = (entries.clone(), entries.clone());
    import()
        .script_name("kv")
        .function("get", move |key: String| -> Option<Vec<u8>> {
            let entries = gets.lock().unwrap();
            entries.get(&key).map(|entry| entry.value.clone())
        })
        .async_function("set-entry", move |entry: Entry| {
            let sets = sets.clone();
            async move {
                tokio::task::yield_now().await;
                if entry.key.is_empty() {
                    return Err("the key is empty".to_owned());
                }
                sets.lock().unwrap().insert(entry.key.clone(), entry);
                Ok(())
            }
        })
        .function("all", move |(): ()| -> Vec<Entry> {
            entries.lock().unwrap().values().cloned().collect()
        })
        .function("add", |(a, b): (u8, Option<i64>)| -> Option<i64> {
            b.map(|b| i64::from(a) + b)
        })
        .function("swap", |(pair,): ((String, bool),)| (pair.1, pair.0))
        .function("trap", |(): ()| -> Result<(), Trap> {
            Err(Trap::new("not that"))
        })
        .function("panic", |(): ()| -> bool { panic!("a bug") })
}

/// Replies with the value of what comes, or with the error.
const ASKS: &str = r#"
function shown(value) {
    return JSON.stringify(value, (_, value) =>
        typeof value === "bigint" ? `${value}n`
        : value instanceof Uint8Array ? new TextDecoder().decode(value) : value) ?? "nothing";
}
function receive(chunk) {
    try {
        return shown(eval(new TextDecoder().decode(chunk)));
    } catch (error) {
        return `${error.name}: ${error.message}`;
    }
}
"#;

async fn load(engine: &Engine, script: &str) -> ServerPlugin {
    load_as(engine, "asks.js", script).await
}

async fn load_as(engine: &Engine, name: &str, script: &str) -> ServerPlugin {
    let folder = tempfile::tempdir().expect("a folder");
    let loaded = ServerPlugin::load(engine, source(&folder, name, script)).await;
    loaded.expect("it loads")
}

async fn asks(plugin: &ServerPlugin, question: &str) -> String {
    let mut session = plugin.session();
    let reply = session.receive(question.as_bytes()).await.expect(question);
    String::from_utf8(reply.data.into_owned()).expect("it is text")
}

#[tokio::test]
async fn a_script_calls_functions_under_the_name_that_the_program_gives() {
    let plugin = load(&engine(kv()), ASKS).await;
    for (question, answer) in [
        ("kv.get('a')", "nothing"),
        ("kv.setEntry({ value: 'one', key: 'a' })", "nothing"),
        ("kv.get('a')", "\"one\""),
        (
            "kv.setEntry({ key: 'b', value: new Uint8Array([116, 119, 111]), expiresAt: 7 })",
            "nothing",
        ),
        (
            "kv.all().map((entry) => [entry.key, entry.value, Number(entry.expiresAt ?? -1)])",
            r#"[["a","one",-1],["b","two",7]]"#,
        ),
        ("Number(kv.add(255, -256))", "-1"),
        ("kv.add(1)", "nothing"),
        ("kv.swap(['text', true])", "[true,\"text\"]"),
    ] {
        assert_eq!(asks(&plugin, question).await, answer, "{question}");
    }
}

#[tokio::test]
async fn a_script_in_lua_calls_them_in_its_own_spelling() {
    let script = r#"
function receive(chunk)
    local _, why = pcall(kv.set_entry, { key = "", value = chunk })
    local _, unfit = pcall(kv.add, 256)
    kv.set_entry({ key = "a", value = chunk, expires_at = 7 })
    local first = kv.all()[1]
    local said = { kv.get("a"), first.key, first.expires_at, kv.add(255, -256), why.payload, unfit }
    for i, value in ipairs(said) do said[i] = tostring(value) end
    return table.concat(said, "|") .. "|" .. tostring(kv.get("none"))
end"#;
    let plugin = load_as(&engine(kv()), "asks.lua", script).await;
    let said = asks(&plugin, "one").await;
    let unfit = "kv.add: parameter 1: u8 is wanted (0 to 255), and it is 256";
    assert!(said.starts_with("one|a|7|-1|the key is empty|"), "{said}");
    assert!(said.contains(unfit) && said.ends_with("|nil"), "{said}");
}

#[tokio::test]
async fn a_function_whose_name_is_a_word_of_the_language_can_be_called() {
    let words = || {
        import()
            .script_name("kv")
            .function("end", |(): ()| "end".to_owned())
            .function("from", |(): ()| "from".to_owned())
    };
    for (name, script) in [
        (
            "words.js",
            "function receive() { return kv.end() + ' ' + kv.from(); }",
        ),
        (
            "words.lua",
            "function receive() return kv['end']() .. ' ' .. kv.from() end",
        ),
        (
            "words.py",
            "from eco import kv\ndef receive(chunk):\n    return f'{kv.end()} {kv.from_()}'.encode()\n",
        ),
    ] {
        let plugin = load_as(&engine(words()), name, script).await;
        assert_eq!(asks(&plugin, "").await, "end from", "{name}");
    }
}

#[tokio::test]
async fn a_script_catches_an_error_of_the_function_and_arguments_that_do_not_fit() {
    let plugin = load(&engine(kv()), ASKS).await;
    for (question, answer) in [
        (
            "kv.setEntry({ key: '', value: '' })",
            "Error: the key is empty",
        ),
        (
            "kv.add(256)",
            "TypeError: kv.add: parameter 1: u8 is wanted (0 to 255), and it is 256",
        ),
        (
            "kv.get()",
            "TypeError: kv.get: parameter 1: string is wanted, and it is nothing",
        ),
        (
            "kv.setEntry({ key: 'a' })",
            "TypeError: kv.setEntry: parameter 1: field `value` is missing",
        ),
        (
            "kv.setEntry({ key: 'a', value: '', other: 1 })",
            "TypeError: kv.setEntry: parameter 1: there is no field `other`",
        ),
    ] {
        assert_eq!(asks(&plugin, question).await, answer, "{question}");
    }
}

#[tokio::test]
async fn values_pass_up_to_the_bound_and_no_further() {
    let most = 64 * 1024;
    let import = import()
        .script_name("kv")
        .function("take", |bytes: Vec<u8>| bytes.len() as u64)
        .function("give", |length: u32| "x".repeat(length as usize))
        .function("count", |texts: Vec<String>| texts.len() as u64)
        .function("many", |length: u32| vec![true; length as usize])
        .function("entries", |entries: Vec<Wide>| entries.len() as u64);
    let plugin = load(&engine(import), ASKS).await;
    // A part is 32 bytes on the host. 32 parts pass besides, one of which is the list.
    let parts = most / 32 + 31;
    // Each is made of one part.
    let wide = most / size_of::<Wide>();
    let taken = |name: &str| {
        format!("TypeError: kv.{name}: the arguments are beyond the bound of 65536 bytes")
    };
    let given =
        |name: &str| format!("TypeError: kv.{name}: the result is beyond the bound of 65536 bytes");
    for (question, answer) in [
        (
            format!("Number(kv.take('x'.repeat({most})))"),
            most.to_string(),
        ),
        (format!("kv.take('x'.repeat({}))", most + 1), taken("take")),
        (
            format!("kv.take(new Uint8Array({}))", most + 1),
            taken("take"),
        ),
        (format!("kv.give({most}).length"), most.to_string()),
        (format!("kv.give({})", most + 1), given("give")),
        (
            format!("Number(kv.count(Array({parts}).fill('')))"),
            parts.to_string(),
        ),
        (
            format!("kv.count(Array({}).fill(''))", parts + 1),
            taken("count"),
        ),
        (
            format!("Number(kv.entries(Array({wide}).fill({{}})))"),
            wide.to_string(),
        ),
        (
            format!("kv.entries(Array({}).fill({{}}))", wide + 1),
            "TypeError: kv.entries: parameter 1: the items of lists are beyond the bound of 65536 bytes"
                .to_owned(),
        ),
        (format!("kv.many({parts}).length"), parts.to_string()),
        (format!("kv.many({})", parts + 1), given("many")),
    ] {
        assert_eq!(asks(&plugin, &question).await, answer, "{question}");
    }
}

#[tokio::test]
async fn a_script_can_not_catch_a_trap_or_a_panic() {
    let plugin = load(&engine(kv()), ASKS).await;
    let fails = async |question: &str| {
        let mut session = plugin.session();
        let failed = session.receive(question.as_bytes()).await.map(drop);
        failed.expect_err("it fails")
    };
    let error = fails("kv.trap()").await;
    assert!(
        matches!(&error, Error::Trap(text) if text.contains("not that")),
        "{error}"
    );
    let error = fails("kv.panic()").await;
    assert_eq!(
        error.to_string(),
        format!("`panic` of {NAME} panicked: a bug")
    );
}

#[tokio::test]
async fn a_script_that_calls_for_ever_is_out_of_fuel() {
    let calls = Arc::<AtomicUsize>::default();
    let count = calls.clone();
    let import = import().script_name("kv").function("f", move |(): ()| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let mut budgets = budgets();
    budgets.fuel = 10_000_000;
    let engine = Engine::builder(Compiler::InProcess, budgets)
        .cache(Cache::User)
        .import(import.fuel(100_000))
        .metered()
        .build()
        .expect("an engine");
    let plugin = load(&engine, "function receive() {\n  for (;;)\n    kv.f();\n}").await;
    let error = plugin.session().receive(b"x").await.map(drop);
    let error = error.expect_err("it is out of fuel");
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
    let calls = calls.load(Ordering::Relaxed);
    assert!((10..100).contains(&calls), "{calls}");
}

#[tokio::test]
async fn a_script_sees_no_import_without_a_name() {
    let nameless = import().function("get", |_: String| -> Option<u8> { None });
    let plugin = load(&engine(nameless), ASKS).await;
    assert_eq!(asks(&plugin, "typeof kv").await, "\"undefined\"");
}

/// One evaluation serves many connections.
#[tokio::test]
async fn a_script_can_not_call_a_function_while_it_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "kv.get('a');\nfunction receive() {}";
    let loaded = ServerPlugin::load(&engine(kv()), source(&folder, "early.js", script)).await;
    let error = loaded.map(drop).expect_err("it does not load").to_string();
    assert!(
        error.contains("early.js:1") && error.contains("kv.get"),
        "{error}"
    );
}

/// The script keeps what it sees as it is evaluated. So its snapshot fits no other imports.
#[tokio::test]
async fn a_snapshot_fits_the_imports_that_its_script_has_seen() {
    let script = "const seen = Object.keys(globalThis.kv ?? {}).join();\n\
        function receive() { return seen + ' ' + kv.a(); }";
    let both = || {
        import()
            .script_name("kv")
            .function("a", |(): ()| "a of two".to_owned())
            .function("b", |(): ()| "b".to_owned())
    };
    let one = || {
        import()
            .script_name("kv")
            .function("a", |(): ()| "a of one".to_owned())
    };
    // The third finds what the first has kept, if anything is kept.
    for (import, said) in [
        (both(), "a,b a of two"),
        (one(), "a a of one"),
        (both(), "a,b a of two"),
    ] {
        let engine = Engine::builder(Compiler::InProcess, budgets())
            .cache(Cache::User)
            .pooled(10)
            .import(import)
            .build()
            .expect("an engine");
        let plugin = load(&engine, script).await;
        assert!(plugin.settled().await, "it has a snapshot");
        assert_eq!(asks(&plugin, "").await, said);
    }
}
