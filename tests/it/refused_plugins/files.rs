//! Files that are refused or change while they are read.

use crate::harness::Eco;
use crate::refused_plugins::{echo, refused};
use crate::support::{empty_folder, plugin_file, project_file};
use eco_host::plugin::{
    BUILT_IN_SERVERS, Budgets, CompileError, Compiler, Engine, Language, LoadError, ServerPlugin,
    Source,
};
use std::fs::File;
use std::os::unix::net::UnixListener;
use std::path::Path;

#[test]
fn a_file_that_cannot_be_read_is_reported_with_its_path() {
    let said = refused("no-such-plugin", &[]);
    assert!(said.contains("No such file"), "{said}");
    assert!(said.contains("Is the path right?"), "{said}");
    let folder = project_file("tests/it");
    let exited = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &folder]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stderr.contains("nothing to build in"));
}

#[test]
fn a_plugin_that_is_no_file_is_refused_and_not_waited_for() {
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

/// A caller that has read a file hands over its name and its bytes, and nothing opens it again.
#[tokio::test(flavor = "multi_thread")]
async fn the_language_of_bytes_is_known_by_their_name_as_a_files_is() {
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30)).build();
    let engine = engine.expect("an engine");
    let load = async |name: &str, text: &str| {
        let source = Source::from_contents(name, text);
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
        include_str!("../../../plugins/echo/echo.wat"),
    )
    .await;
    assert_eq!(language, None);
    loaded.expect("it loads");
    for source in ["class/lib.rs", "upper.c"] {
        let (_, loaded) = load(source, "int main;").await;
        assert_eq!(loaded.expect_err("a source").code(), "source-file");
    }
}

/// A script that was never in a file. Its errors have the name that it was given, whatever that looks like.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_from_memory_has_the_name_that_it_was_given() {
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30)).build();
    let engine = engine.expect("an engine");
    let broken = [
        (
            Language::JavaScript,
            "function receive(chunk) {\n  return +;\n}",
        ),
        (Language::Lua, "function receive(chunk)\n  return +\nend"),
    ];
    for (language, text) in broken {
        for name in [
            "upper",
            "upper.js",
            "tenants/7/upper.lua",
            "lib.rs",
            "dos:8",
            "ñandú",
            "..",
        ] {
            let source = Source::script(name, language, text);
            assert_eq!(
                (source.name(), source.language()),
                (name.to_owned(), Some(language))
            );
            let loaded = ServerPlugin::load(&engine, source).await.map(drop);
            let said = loaded.expect_err("it does not parse").to_string();
            let at = [format!("{name}:2"), format!("{name}:3")];
            assert!(
                at.iter().any(|at| said.contains(at)),
                "{language:?}: {said}"
            );
        }
        let good = match language {
            Language::Lua => "function receive(chunk) return chunk end",
            _ => "function receive(chunk) { return chunk }",
        };
        let source = Source::script("echo", language, good);
        let plugin = ServerPlugin::load(&engine, source).await.expect("it loads");
        assert_eq!(plugin.name(), "echo");
    }
}

/// The name of a component says nothing about its bytes.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_from_memory_may_have_any_name() {
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30)).build();
    let engine = engine.expect("an engine");
    for name in ["echo", "echo.js", "echo.c", ""] {
        let source = Source::component(name, include_str!("../../../plugins/echo/echo.wat"));
        assert!(!source.is_script());
        let loaded = ServerPlugin::load(&engine, source).await;
        assert_eq!(loaded.expect("it loads").name(), name);
    }
}

/// Whoever embeds eco learns which file it was.
#[tokio::test]
async fn an_error_of_reading_has_the_path() {
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(1 << 30)).build();
    let engine = engine.expect("an engine");
    let missing = Path::new("/no/such/plugin.js");
    let loaded = ServerPlugin::load(&engine, Source::File(missing.to_owned())).await;
    let Err(LoadError::Compile(CompileError::Read { path, error, .. })) = loaded.map(drop) else {
        unreachable!("there is no such file");
    };
    assert_eq!(path, missing);
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
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
    let echo = include_str!("../../../plugins/echo/echo.wat");
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
    let client = include_bytes!("../../../plugins/echo-client/echo-client.wat");
    let exited = Eco::new(&nowhere).run(client);
    assert_eq!(exited.code, 69, "{}", exited.stderr);
    let exited = Eco::new(&["serve", "-p", "-", "-l", "127.0.0.1:0"]).run(b"nonsense");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(exited.stderr.contains("nonsense"), "{}", exited.stderr);
}
