//! `eco inspect`: a description of a plugin, and of what it lacks.

use crate::commands::{fails, text};
use crate::harness::Eco;
use crate::support::{empty_folder, plugin_file};

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
fn an_error_of_parsing_is_json_too_and_does_a_terminal_no_harm() {
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
