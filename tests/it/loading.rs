//! Plugins that never come to serve: what is refused, and what is said then.

use crate::compiling::{leb, sections};
use crate::guests::empty_folder;
use crate::harness::Eco;
use crate::support::{plugin_file, project_file};
use eco_host::plugin::{
    BUILT_IN_SERVERS, Budgets, Compiler, Engine, Language, ServerPlugin, Source,
};
use std::fs::File;
use std::os::unix::net::UnixListener;

const HANDLER: &str = "eco:plugin/handler@0.1.0";

/// Serves a file that can't be served, and gives what it said.
#[track_caller]
fn refused(path: &str, arguments: &[&str]) -> String {
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", path])
        .args(arguments)
        .run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stdout.is_empty());
    assert!(
        exited
            .stderr
            .starts_with(&format!("eco: cannot use the plugin {path}: ")),
        "{}",
        exited.stderr
    );
    exited.stderr
}

/// The built-in echo as a binary.
fn echo() -> Vec<u8> {
    wat::parse_str(include_str!("../../plugins/echo/echo.wat")).expect("it parses")
}

#[test]
fn what_is_no_component_is_refused_with_the_next_step() {
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
    let text = include_str!("../../plugins/echo/echo.wat").replacen(
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

#[test]
fn what_cannot_be_read_is_said_with_the_path() {
    let said = refused("no-such-plugin", &[]);
    assert!(said.contains("No such file"), "{said}");
    assert!(said.contains("Is the path right?"), "{said}");
    let folder = project_file("tests/it");
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &folder]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stderr.contains("nothing to build in"));
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    let folder = empty_folder("no-files");
    let path = |name: &str| folder.join(name).display().to_string();
    for end in ["wasm", "js"] {
        let pipe = path(&format!("pipe.{end}"));
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0)
            .expect("a pipe can be made");
        let said = refused(&pipe, &[]);
        assert!(said.contains("a pipe, not a file"), "{said}");
        let socket = path(&format!("socket.{end}"));
        let _listener = UnixListener::bind(&socket).expect("a socket can be made");
        let said = refused(&socket, &[]);
        assert!(said.contains("a socket, not a file"), "{said}");
    }
    for device in ["/dev/zero", "/dev/null"] {
        let said = refused(device, &[]);
        assert!(said.contains("a device, not a file"), "{said}");
    }
    let called = Eco::new(&["call", &path("pipe.wasm")]).run(b"");
    assert_eq!(called.code, 65, "{}", called.stderr);
    let judged = Eco::new(&[
        "check",
        &project_file("tests/exercises/lines"),
        &path("pipe.js"),
    ]);
    let judged = judged.run(b"");
    assert_eq!(judged.code, 65, "{}", judged.stderr);
}

#[test]
fn a_file_over_its_budget_is_refused_before_it_is_read_to_its_end() {
    let endless = empty_folder("endless").join("endless.wasm");
    let file = File::create(&endless).expect("a file can be made");
    file.set_len(1 << 40).expect("a hole takes no room");
    let said = refused(&endless.display().to_string(), &["--file-size", "1MiB"]);
    assert!(
        said.contains("size of a plugin's file, 1.0 MiB") && said.contains("--file-size"),
        "{said}"
    );
    let path = plugin_file("exactly.wasm", echo());
    let size = echo().len();
    let said = refused(&path, &["--file-size", &(size - 1).to_string()]);
    assert!(said.contains("--file-size"), "{said}");
    let exact = Eco::new(&[
        "serve",
        "-l",
        "127.0.0.1:0",
        "-p",
        &path,
        "--file-size",
        &size.to_string(),
    ]);
    exact.serve();
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
    // What is said of many shows some.
    let imports: String = (0..1000)
        .map(|n| format!("(import \"n{n}\" (func))"))
        .collect();
    let text = include_str!("../../plugins/echo/echo.wat");
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
        let source = Source::Bytes("damaged".to_owned(), bytes);
        ServerPlugin::load(&engine, source)
            .await
            .map_err(|error| error.code())
    };
    let whole = echo();
    for end in 0..whole.len() {
        let cut = load(whole.get(..end).expect("a prefix").to_vec()).await;
        // What follows a whole component may be missing: sections of names, whose number is 0.
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

/// Whoever has read a file hands over its name and its bytes, and nothing opens it again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_is_told_by_its_name_as_a_file_is() {
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30)).build();
    let engine = engine.expect("an engine");
    let load = async |name: &str, text: &str| {
        let source = Source::Bytes(name.to_owned(), text.into());
        let language = source.language();
        assert_eq!(source.is_script(), language.is_some(), "{name}");
        let loaded = ServerPlugin::load(&engine, source).await;
        (language, loaded.map(drop))
    };
    let (language, loaded) =
        load("class/upper.js", "function receive(chunk) { return chunk }").await;
    assert_eq!(language, Some(Language::JavaScript));
    loaded.expect("it loads");
    let (_, loaded) = load("class/upper.LUA", "function receive(chunk return chunk end").await;
    let said = loaded.expect_err("it does not parse").to_string();
    assert!(said.contains("upper.LUA:1"), "{said}");
    let (language, loaded) = load(
        "class/upper.wat",
        include_str!("../../plugins/echo/echo.wat"),
    )
    .await;
    assert_eq!(language, None);
    loaded.expect("it loads");
    for source in ["class/lib.rs", "upper.c"] {
        let (_, loaded) = load(source, "int main;").await;
        assert_eq!(loaded.expect_err("a source").code(), "source-file");
    }
}

/// A file that is written over again and again, now with one plugin and now with another, is either
/// of them when it loads.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_while_it_is_read_is_one_of_its_versions_or_refused() {
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30))
        .build()
        .expect("an engine");
    let built_in = Source::named("echo", BUILT_IN_SERVERS);
    ServerPlugin::load(&engine, built_in)
        .await
        .expect("the built-in loads");
    let path = plugin_file("changing.wat", "");
    let echo = include_str!("../../plugins/echo/echo.wat");
    // Longer than one read, so that a read can be overtaken.
    let padded = format!("{}{echo}", ";; padding\n".repeat(100_000));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (stop, file) = (&stop, &path);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for text in [echo, &padded] {
                    std::fs::write(file, text).expect("the file can be written");
                }
            }
        });
        let runtime = tokio::runtime::Handle::current();
        let mut refused = 0;
        for _ in 0..200 {
            let loading = ServerPlugin::load(&engine, Source::File(file.into()));
            match tokio::task::block_in_place(|| runtime.block_on(loading)) {
                Ok(_) => {}
                Err(error) => {
                    let known = ["changing", "not-wasm", "text"];
                    assert!(known.contains(&error.code()), "{error}");
                    refused += 1;
                }
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(
            refused > 0,
            "no read was ever overtaken: the test shows nothing"
        );
    });
}

#[test]
fn a_plugin_may_come_from_stdin() {
    let nowhere = ["send", "-p", "-", "-t", "127.0.0.1:1"];
    let client = include_bytes!("../../plugins/echo-client/echo-client.wat");
    let exited = Eco::new(&nowhere).run(client);
    assert_eq!(exited.code, 69, "{}", exited.stderr);
    let exited = Eco::new(&["serve", "-p", "-", "-l", "127.0.0.1:0"]).run(b"nonsense");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stderr.contains("nonsense"), "{}", exited.stderr);
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
fn what_would_take_gigabytes_to_compile_is_refused() {
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
