//! What `eco inspect` and errors say of programs.

use super::{as_component, both, echo};
use crate::harness::Eco;
use crate::support::plugin_file;

#[test]
fn inspect_says_what_kind_of_program_a_file_is() {
    let [module, component] = both("echo", &echo());
    for (path, kind, words) in [
        (
            &module,
            "core module, unknown",
            "yes, a program of WASI preview 1 (core module): reads stdin, writes stdout",
        ),
        (
            &component,
            "component, unknown",
            "yes, a program of WASI 0.2 (component): reads stdin, writes stdout",
        ),
    ] {
        let shown = Eco::new(&["inspect", path]).run(b"");
        assert_eq!(shown.code, 0, "{}", shown.stderr);
        let text = shown.text();
        assert!(text.contains(kind) && text.contains(words), "{text}");
        let shown = Eco::new(&["inspect", "--json", path]).run(b"");
        let report: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
        assert_eq!(report["server"]["interface"], "program", "{report}");
        assert_eq!(report["client"]["usable"], false, "{report}");
    }
}

#[test]
fn a_module_that_is_no_program_is_told_what_it_lacks() {
    let no_start = "(module (func (export \"_initialize\")))";
    let other_import = r#"(module (import "env" "f" (func)) (func (export "_start")))"#;
    let other_type =
        r#"(module (import "wasi_snapshot_preview1" "fd_read" (func)) (func (export "_start")))"#;
    let other_start = "(module (func (export \"_start\") (param i32)))";
    let shared = "(module (memory (export \"memory\") 1 1 shared) (func (export \"_start\")))";
    let traps = "(module (func $f unreachable) (start $f) (func (export \"_start\")))";
    for (name, text, words) in [
        ("no-start", no_start, "a core module without _start"),
        (
            "other-import",
            other_import,
            "does not offer to a program: env.f",
        ),
        ("other-type", other_type, "incompatible import type"),
        (
            "other-start",
            other_start,
            "_start are not those of its WIT",
        ),
        ("shared", shared, "shared memor"),
        ("traps", traps, "it fails as it starts"),
    ] {
        let path = plugin_file(&format!("stdio-refused-{name}.wat"), text);
        let refused = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &path]).run(b"");
        assert_eq!(refused.code, 65, "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{name}: {}", refused.stderr);
    }
}

#[test]
fn a_truncated_module_or_component_is_refused_at_every_length() {
    let module = wat::parse_str(echo()).expect("a module");
    let component = as_component(&echo());
    for (name, whole) in [("module", module), ("component", component)] {
        for length in [8, 20, whole.len() / 2, whole.len() - 1] {
            let path = plugin_file(&format!("stdio-cut-{name}-{length}.wasm"), &whole[..length]);
            let refused = Eco::new(&["inspect", &path]).run(b"");
            assert_eq!(refused.code, 65, "{name}, {length}: {}", refused.stderr);
        }
    }
}
