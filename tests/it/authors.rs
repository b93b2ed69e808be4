//! What authors of plugins type: `eco new`, `build`, `inspect`, `call`, `wit`.

use crate::guests::{builder, empty_folder};
use crate::harness::{Eco, Exited, assert_same};
use crate::support::{plugin_file, project_file};
use wit_parser::Resolve;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

#[track_caller]
fn fails(exited: &Exited, code: i32, words: &[&str]) {
    assert_eq!(exited.code, code, "{}", exited.stderr);
    for word in words {
        assert!(exited.stderr.contains(word), "{word}: {}", exited.stderr);
    }
}

#[test]
fn new_makes_nothing_over_what_is_there_and_refuses_odd_names() {
    let folder = empty_folder("new");
    let new = |name: &str| {
        Eco::new(&["new", name, "--lang", "lua"])
            .inside(&folder)
            .run(b"")
    };
    assert_eq!(new("one").code, 0);
    assert_eq!(new("a/b/two").code, 0);
    assert!(folder.join("a/b/two/two.lua").is_file());
    fails(
        &new("one"),
        64,
        &["one exists already", "Take another name"],
    );
    for odd in ["-x", "1one", "a b", "..", "ñ"] {
        let exited = Eco::new(&["new", "--lang", "lua", "--", odd])
            .inside(&folder)
            .run(b"");
        fails(&exited, 64, &["can't be a plugin's name"]);
    }
    let both = Eco::new(&["new", "x", "--lang", "c", "--client", "--session"]).run(b"");
    fails(&both, 64, &["cannot be used with"]);
    let no_language = Eco::new(&["new", "x"]).run(b"");
    fails(&no_language, 64, &["--lang"]);
}

#[test]
fn build_says_what_it_looks_for_and_passes_on_what_a_compiler_says() {
    let folder = empty_folder("build");
    let build = || builder(&["build"]).inside(&folder).run(b"");
    fails(&build(), 65, &["nothing to build", "Cargo.toml", "eco new"]);
    let file = plugin_file("no-folder.js", "");
    let no_folder = Eco::new(&["build", &file]).run(b"");
    fails(&no_folder, 64, &["is a file", "eco serve -p"]);
    let source = plugin_file("source.rs", "fn main() {}");
    let called = Eco::new(&["call", &source]).run(b"");
    fails(&called, 65, &["a source file", "eco build"]);
    std::fs::write(folder.join("a.lua"), "").expect("it can be written");
    std::fs::write(folder.join("b.js"), "").expect("it can be written");
    fails(&build(), 65, &["several plugins: a.lua, b.js"]);
    std::fs::write(folder.join("c.c"), "int x;").expect("it can be written");
    fails(
        &build(),
        65,
        &["no file includes the header", "handler_plugin.h"],
    );
    // Any program does for a compiler that fails.
    std::fs::write(folder.join("c.c"), "#include \"handler_plugin.h\"").expect("it can be written");
    let failing = builder(&["build"])
        .inside(&folder)
        .env("CC", "ls --no-such-flag")
        .run(b"");
    fails(
        &failing,
        65,
        &[
            "the C compiler (ls --no-such-flag, named by $CC) failed",
            "no-such-flag",
        ],
    );
    let absent = builder(&["build"]).inside(&folder).env("CC", "nonesuch");
    fails(&absent.run(b""), 69, &["nonesuch was not found", "PATH"]);
    assert!(folder.join("build/handler_plugin.h").is_file());
    assert_same(&failing.stdout, b"");
}

#[test]
fn a_missing_tool_is_named_with_the_commands_that_install_it() {
    let folder = empty_folder("missing");
    let new = |name: &str| {
        let new = Eco::new(&["new", name, "--lang", name])
            .inside(&folder)
            .run(b"");
        assert_eq!(new.code, 0, "{}", new.stderr);
        Eco::new(&["build", name])
            .inside(&folder)
            .env("PATH", "")
            .env("CARGO", "cargo")
            .run(b"")
    };
    fails(
        &new("c"),
        69,
        &[
            "no C compiler",
            "pip install ziglang",
            "apt install",
            "brew",
            "winget",
        ],
    );
    fails(
        &new("rust"),
        69,
        &[
            "cargo",
            "https://rustup.rs",
            "apt install",
            "brew",
            "winget",
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_rust_without_the_wasm_target_is_told_so_in_a_line() {
    let folder = empty_folder("no-target");
    let rustc = folder.join("rustc");
    std::fs::write(&rustc, "#!/bin/sh\necho /no/such/folder\n").expect("it can be written");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&rustc, executable).expect("it is ours");
    let new = Eco::new(&["new", "r", "--lang", "rust"])
        .inside(&folder)
        .run(b"");
    assert_eq!(new.code, 0);
    let built = Eco::new(&["build", "r"])
        .inside(&folder)
        .env("RUSTC", &rustc)
        .run(b"");
    fails(
        &built,
        69,
        &[
            "no standard library for wasm32-unknown-unknown",
            "rustup target add",
        ],
    );
}

#[test]
fn a_wat_module_that_is_no_plugin_is_told_what_to_export() {
    let folder = empty_folder("wat");
    let source = folder.join("p.wat");
    let build = |text: &str| {
        std::fs::write(&source, text).expect("it can be written");
        Eco::new(&["build"]).inside(&folder).run(b"")
    };
    fails(&build("(module"), 65, &["p.wat", "expected"]);
    fails(
        &build(r#"(module (func (export "f")))"#),
        65,
        &["no interface of eco: f", "#receive"],
    );
    let wrong = r#"(module (func (export "eco:plugin/handler@0.1.0#receive")))"#;
    fails(&build(wrong), 65, &["eco:plugin/handler@0.1.0#receive"]);
}

#[test]
fn inspect_says_what_a_plugin_is_and_what_it_lacks() {
    let echo = Eco::new(&["inspect", "echo"]).run(b"");
    assert_eq!(echo.code, 0, "{}", echo.stderr);
    let shown = text(&echo.stdout);
    for word in [
        "eco:plugin/handler@0.1.0 (with receive)",
        "sandboxed: imports nothing",
        "compile time",
        "128.0 KiB at start",
        "yes, handler: eco serve -p echo",
        "client          no: it exports nothing",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }

    let needy = r#"(component (import "wasi:http/types@0.2.0" (instance)) (import "wasi:cli/stdout@0.2.0" (instance)))"#;
    let needy = Eco::new(&["inspect", "--json", &plugin_file("needy.wat", needy)]).run(b"");
    assert_eq!(needy.code, 65);
    let json: serde_json::Value = serde_json::from_slice(&needy.stdout).expect("it is JSON");
    assert_eq!(json["kind"], "component");
    assert_eq!(json["imports"][0]["name"], "wasi:http/types@0.2.0");
    assert_eq!(json["imports"][0]["granted"], false);
    assert_eq!(json["imports"][1]["granted"], true);
    assert_eq!(json["server"]["usable"], false);
    let missing = json["server"]["missing"]
        .as_str()
        .expect("there is a reason");
    assert!(missing.contains("eco:plugin/handler@0.1.0"), "{missing}");

    let script = plugin_file(
        "inspected.lua",
        "function start() end function replied() end",
    );
    let script = Eco::new(&["inspect", &script, "--json"]).run(b"");
    let json: serde_json::Value = serde_json::from_slice(&script.stdout).expect("it is JSON");
    assert_eq!(json["language"], "Lua");
    assert_eq!(json["functions"], serde_json::json!(["start", "replied"]));
    assert_eq!(json["client"]["interface"], "client");
    let missing = json["server"]["missing"]
        .as_str()
        .expect("there is a reason");
    assert!(missing.contains("no function `receive`"), "{missing}");

    fails(
        &Eco::new(&["inspect", "nowhere.js"]).run(b""),
        65,
        &["cannot inspect nowhere.js"],
    );
}

#[test]
fn what_does_not_compile_is_json_too_and_does_a_terminal_no_harm() {
    let hostile = plugin_file("terminal.wat", "(component (foo \"\u{1b}[31mred\" bar))");
    for command in ["inspect", "call"] {
        let exited = Eco::new(&[command, &hostile]).run(b"");
        fails(&exited, 65, &["terminal.wat:1:", r"\u{1b}[31mred"]);
        assert!(!exited.stderr.contains('\u{1b}'));
    }
    let exited = Eco::new(&["inspect", "--json", &hostile]).run(b"");
    let json: serde_json::Value = serde_json::from_slice(&exited.stdout).expect("it is JSON");
    assert_eq!(json["code"], "text");
}

#[test]
fn call_runs_a_plugin_without_a_socket() {
    let file = plugin_file("chunk.bin", b"\x00\xff");
    let called = Eco::new(&["call", "echo", r"a\n\x41", &format!("@{file}"), "-"]).run(b"stdin");
    assert_eq!(called.code, 0, "{}", called.stderr);
    let shown = r#"> "a\nA"
< "a\nA"
> "\0\xff"
< "\0\xff"
> "stdin"
< "stdin"
> end of input
"#;
    assert_eq!(text(&called.stdout), shown);
    assert!(called.stderr.contains("units of fuel"), "{}", called.stderr);
    assert!(called.stderr.contains("of memory"), "{}", called.stderr);

    let raw = Eco::new(&["call", "echo", &format!("@{file}"), "--raw"]).run(b"");
    assert_same(&raw.stdout, b"\x00\xff");

    let session = plugin_file(
        "called.lua",
        "function open() return 'hi' end function receive(word) return word, word end",
    );
    let closing = Eco::new(&["call", &session, "close", "never seen"]).run(b"");
    let shown =
        "< \"hi\"\n> \"close\"\n< \"close\"  (and closes)\n> (nothing: the connection is closed)\n";
    assert_eq!(text(&closing.stdout), shown);

    let client = plugin_file(
        "turn.js",
        "function start(m) { return { send: m ?? 'mine', through: '\\n' } }",
    );
    let turn = Eco::new(&["call", &client, "yours"]).run(b"");
    assert_eq!(
        text(&turn.stdout),
        "sends    \"yours\"\nexpects  everything up to \"\\n\"\n"
    );

    behaves_as_on_a_connection();
    fails(
        &Eco::new(&["call", "echo", r"\q"]).run(b""),
        64,
        &["unknown escape"],
    );
    fails(
        &Eco::new(&["call", "echo", "@nowhere"]).run(b""),
        64,
        &["nowhere"],
    );
    let failing = plugin_file("failing.js", "function receive() {\n nowhere() }");
    fails(
        &Eco::new(&["call", &failing, "x"]).run(b""),
        65,
        &["failing.js:2:", "nowhere"],
    );
}

fn behaves_as_on_a_connection() {
    // As from a socket, a chunk has 64 KiB at most.
    let large = plugin_file("large.bin", vec![b'a'; 3 << 20]);
    let whole = Eco::new(&["call", "echo", "--raw", &format!("@{large}")]).run(b"");
    assert_same(&whole.stdout, &vec![b'a'; 3 << 20]);

    // The order of calls is that of a connection, also after an error.
    let ending = plugin_file(
        "ending.lua",
        "function receive() error('no') end function closed(why) print('closed: ' .. why) end",
    );
    let ended = Eco::new(&["call", &ending, "x"]).run(b"");
    let words = ["ending.lua:1: no", "closed: failed", "units of fuel"];
    fails(&ended, 65, &words);
    let talking = plugin_file(
        "talking.lua",
        "function receive() return 'more', 'finish' end",
    );
    let talked = Eco::new(&["call", &talking, "a", "b"]).run(b"");
    fails(&talked, 65, &["the plugin replied after it had finished"]);
    fails(
        &Eco::new(&["call", "echo", "-", "-"]).run(b""),
        64,
        &["stdin"],
    );
    let refusing = plugin_file(
        "refusing.lua",
        "function receive() end function open() error('no') end function closed() print('never') end",
    );
    let refused = Eco::new(&["call", &refusing]).run(b"");
    fails(
        &refused,
        65,
        &["the plugin refuses the connection", "refusing.lua:1: no"],
    );
    assert!(!refused.stderr.contains("never"), "{}", refused.stderr);
}

/// Fuel is the same for the same work, on every machine and at every try.
#[test]
fn the_fuel_of_a_call_is_the_same_every_time() {
    let fuel = || {
        let called = Eco::new(&["call", "echo", "hello"]).run(b"");
        let line = called
            .stderr
            .lines()
            .find(|line| line.contains("units of fuel"));
        let used = line.and_then(|line| line.split("used ").nth(1));
        used.expect("it is said").to_owned()
    };
    let first = fuel();
    assert_eq!(first, fuel());
    assert!(!first.starts_with("0 "), "{first}");
}

#[test]
fn wit_prints_the_contract_as_one_file() {
    let printed = Eco::new(&["wit"]).run(b"");
    assert_eq!(printed.code, 0);
    let mut resolve = Resolve::default();
    let package = resolve
        .push_source("eco.wit", &text(&printed.stdout))
        .expect("it is valid WIT");
    for world in ["handler-plugin", "session-plugin", "client-plugin"] {
        resolve
            .select_world(&[package], Some(world))
            .expect("it is there");
    }
}

#[test]
fn the_rust_samples_see_the_contract_of_this_version() {
    for sample in ["upper", "lines", "client"] {
        let here = project_file(&format!("plugins/rust/{sample}/wit/session.wit"));
        let wit = std::fs::read_to_string(here).expect("the link holds");
        assert!(wit.contains("interface session"));
    }
}
