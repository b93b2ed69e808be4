//! Components that are refused.

use crate::compile::{leb, sections};
use crate::harness::Eco;
use crate::refused_plugins::{echo, refused};
use crate::support::plugin_file;
use eco_host::plugin::{Budgets, Compiler, Engine, ServerPlugin, Source};

const HANDLER: &str = "eco:plugin/handler@0.1.0";

#[test]
fn a_file_that_is_no_component_is_refused_with_the_next_step() {
    let core_module = b"\0asm\x01\0\0\0";
    let empty_component = b"\0asm\x0d\0\x01\0";
    let importing =
        r#"(component (import "wasi:http/types@0.2.0" (instance)) (import "env" (func)))"#;
    let elsewhere = r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f"))) (instance $x (export "shout" (func $f))) (export "my:own/api" (instance $x)))"#;
    let no_receive = format!(
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f"))) (instance $x (export "recieve" (func $f))) (export "{HANDLER}" (instance $x)))"#
    );
    let wrong_type = no_receive.replace("recieve", "receive");
    let middle = echo().len() / 2;
    let truncated = echo().get(..middle).expect("half").to_vec();
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("empty.wasm", b"", &["not a plugin", "the file is empty"]),
        (
            "text.wasm",
            b"hello, I am text",
            &["not a plugin", "some other text", "hello, I am text"],
        ),
        ("script.wasm", b"#!/bin/sh\n", &["not a plugin", "a script"]),
        (
            "native.wasm",
            b"\x7fELF\x02\x01\x01",
            &["not a plugin", "ELF"],
        ),
        ("four.wasm", b"\0as", &["a truncated .wasm file"]),
        (
            "core.wasm",
            core_module,
            &["a core module", "wasm-tools component new"],
        ),
        (
            "core.wat",
            b"(module)",
            &["a core module", "wasm-tools component new"],
        ),
        (
            "future.wasm",
            b"\0asm\x63\0\x01\0",
            &["not a valid component", "unknown version"],
        ),
        (
            "syntax.wat",
            b"(component\n  (core modul))",
            &["does not parse", "core modul", "2:"],
        ),
        (
            "nothing.wasm",
            empty_component,
            &[
                "exports nothing that eco can use",
                HANDLER,
                "exports:  nothing",
            ],
        ),
        (
            "elsewhere.wat",
            elsewhere.as_bytes(),
            &[
                "exports nothing that eco can use",
                "exports:  my:own/api (with shout)",
            ],
        ),
        (
            "misspelt.wat",
            no_receive.as_bytes(),
            &["with receive", "(with recieve)"],
        ),
        (
            "wrong-type.wat",
            wrong_type.as_bytes(),
            &["the types of eco:plugin/handler@0.1.0", "parameters"],
        ),
        ("imports.wat", importing.as_bytes(), &["exports nothing"]),
        ("truncated.wasm", &truncated, &["not a valid component"]),
    ];
    for (name, contents, words) in cases {
        let said = refused(&plugin_file(name, contents), &[]);
        for word in *words {
            assert!(
                said.contains(word),
                "{name}: {word:?} is missing in\n{said}"
            );
        }
    }
}

#[test]
fn an_import_that_is_not_offered_is_refused_by_name() {
    let text = include_str!("../../../plugins/echo/echo.wat").replacen(
        "(component",
        r#"(component (import "wasi:http/types@0.2.0" (instance)) (import "eco:plugin/log@0.2.0" (instance))"#,
        1,
    );
    let said = refused(&plugin_file("importing.wat", text), &[]);
    assert!(
        said.contains("wasi:http/types@0.2.0, eco:plugin/log@0.2.0"),
        "{said}"
    );
}

/// They would be in what is known of it, and in what is said of it.
#[test]
fn a_component_with_a_hundred_thousand_names_is_refused() {
    // So many of the same, each after a name of its own.
    let named = |number: usize, what: &[u8]| {
        let names = (0..number).map(|n| format!("n{n}"));
        let each = names.map(|name| [&[0, name.len() as u8], name.as_bytes(), what].concat());
        [leb(number), each.collect::<Vec<_>>().concat()].concat()
    };
    // Of the type of a function without parameters and result.
    const FUNCTION: &[u8] = &[0x40, 0, 1, 0];
    let import = (10, [&[1, 0, 1][..], b"f", &[1, 0]].concat());
    let functions = (7, [&[1][..], FUNCTION].concat());
    let many = 100_000;
    let in_type: Vec<u8> = (0..many)
        .map(|n| format!("n{n}"))
        .flat_map(|name| [&[4, 0, name.len() as u8], name.as_bytes(), &[1, 0]].concat())
        .collect();
    let in_type = [&[1, 0x42][..], &leb(many + 1), &[1], FUNCTION, &in_type].concat();
    for (name, last) in [
        (
            "imports",
            vec![functions.clone(), (10, named(many, &[1, 0]))],
        ),
        (
            "exports",
            vec![
                functions.clone(),
                import.clone(),
                (11, named(many, &[1, 0, 0])),
            ],
        ),
        (
            "instance",
            vec![
                functions.clone(),
                import,
                (5, [vec![1, 1], named(many, &[1, 0])].concat()),
            ],
        ),
        ("type", vec![(7, in_type)]),
    ] {
        let path = plugin_file(&format!("names-of-{name}.wasm"), sections(&last));
        let exited = Eco::new(&["inspect", &path]).run(b"");
        assert_eq!(exited.code, 65, "{name}: {}", exited.stderr);
        let said = exited.stderr;
        assert!(
            said.contains("too complex to compile: it has 10000"),
            "{name}: {said}"
        );
        assert!(
            said.contains("names of imports and exports (at most 10000)"),
            "{said}"
        );
    }
    // As many as may be, and none of them is offered.
    let most = sections(&[functions, (10, named(10_000, &[1, 0]))]);
    let path = plugin_file("names-most.wasm", most);
    let exited = Eco::new(&["inspect", "--json", &path]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    let report: serde_json::Value = serde_json::from_slice(&exited.stdout).expect("JSON");
    assert_eq!(report["imports"].as_array().map(Vec::len), Some(10_000));
    // An error on many shows some.
    let imports: String = (0..1000)
        .map(|n| format!("(import \"n{n}\" (func))"))
        .collect();
    let text = include_str!("../../../plugins/echo/echo.wat");
    let text = text.replacen("(component", &format!("(component {imports}"), 1);
    let said = refused(&plugin_file("names-not-offered.wat", text), &[]);
    assert!(said.contains("what eco does not offer: n0, n1"), "{said}");
    assert!(said.len() < 8192, "{} bytes", said.len());
}

#[test]
fn a_plugin_that_takes_too_long_to_compile_is_refused() {
    // Some megabytes of code, which no machine compiles in a millisecond.
    let functions =
        "(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))".repeat(20_000);
    let text = format!("(component (core module {functions}))");
    let said = refused(&plugin_file("slow.wat", text), &["--compile-time", "1ms"]);
    assert!(
        said.contains("time to compile, 1ms") && said.contains("--compile-time"),
        "{said}"
    );
}

/// Cuts and flips the built-in echo in every possible way. Nothing may panic; what loads, loads.
#[tokio::test(flavor = "multi_thread")]
async fn no_damage_to_a_file_makes_loading_panic() {
    let mut budgets = Budgets::server(1 << 30);
    budgets.cpu = std::time::Duration::from_millis(20);
    let engine = Engine::builder(Compiler::InProcess, budgets)
        .build()
        .expect("an engine");
    let load = async |bytes: Vec<u8>| {
        let source = Source::component("damaged", bytes);
        ServerPlugin::load(&engine, source)
            .await
            .map_err(|error| error.code())
    };
    let whole = echo();
    for end in 0..whole.len() {
        let cut = load(whole.get(..end).expect("a prefix").to_vec()).await;
        // A component is whole without its last sections, of names, whose number is 0.
        let names_alone = whole.get(end) == Some(&0);
        assert!(
            cut.is_err() || names_alone,
            "the first {end} bytes are a plugin"
        );
    }
    for bit in (0..whole.len() * 8).step_by(5) {
        let mut flipped = whole.clone();
        if let Some(byte) = flipped.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        match load(flipped).await {
            Err(
                "invalid" | "too-complex" | "core-module" | "not-wasm" | "export" | "import"
                | "type" | "start" | "budget",
            )
            | Ok(_) => {}
            Err(other) => panic!("bit {bit}: {other}"),
        }
    }
}

#[test]
fn an_error_is_said_once() {
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", "no-such-plugin"]).run(b"");
    assert_eq!(
        exited.stderr.matches("No such file").count(),
        1,
        "{}",
        exited.stderr
    );
    let exited = Eco::new(&["serve", "-l", "192.0.2.1:0"]).run(b"");
    assert_eq!(
        exited.stderr.matches("os error").count(),
        1,
        "{}",
        exited.stderr
    );
}

#[test]
fn a_plugin_that_would_take_gigabytes_to_compile_is_refused() {
    let deep = format!("{}{}", "(component ".repeat(50), ")".repeat(50));
    let wide = format!("(component {})", "(core module)".repeat(300));
    let long = format!(
        "(component (core module (func {})))",
        "(block)".repeat(400_000)
    );
    let parts = format!("(component (core module {}))", "(memory 1)".repeat(40));
    for (name, text) in [
        ("parts.wat", parts),
        ("deep.wat", deep),
        ("wide.wat", wide),
        ("long.wat", long),
    ] {
        let said = refused(&plugin_file(name, text), &[]);
        assert!(said.contains("too complex to compile"), "{name}: {said}");
    }
}
