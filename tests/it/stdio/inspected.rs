//! What `eco inspect` and errors say of programs.

use super::{as_component, both, echo};
use crate::harness::Eco;
use crate::support::{Peer, converse, plugin_file, serve};

#[test]
fn inspect_says_what_kind_of_program_a_file_is() {
    let [module, component] = both("echo", &echo());
    for (path, kind, words) in [
        (
            &module,
            "core module, of an unknown language",
            "yes, a program of WASI preview 1 (core module): reads stdin, writes stdout",
        ),
        (
            &component,
            "component, of an unknown language",
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
        assert_eq!(report["client"]["interface"], "program", "{report}");
        let words = format!("eco send --stdio {path}");
        assert!(text.contains(&words), "{text}");
    }
}

#[test]
fn a_program_in_the_place_of_a_plugin_is_told_of_stdio_and_a_plugin_in_its_place_of_p() {
    let plugin = plugin_file(
        "stdio-plugin.wat",
        include_str!("../../../plugins/echo/echo.wat"),
    );
    let refused = Eco::new(&["serve", "--stdio", "-p", &plugin]).run(b"");
    assert_eq!(refused.code, 65, "{}", refused.stderr);
    let words = "It is a plugin, which `-p` takes";
    assert!(refused.stderr.contains(words), "{}", refused.stderr);

    for path in both("no-client", &echo()) {
        let refused = Eco::new(&["send", "-p", &path]).run(b"");
        assert_eq!(refused.code, 65, "{}", refused.stderr);
        let words = "It is a program: `eco send --stdio`";
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
}

/// The echo as a plugin, which is a program too, and says nothing as that.
fn plugin_and_program() -> String {
    let plugin = include_str!("../../../plugins/echo/echo.wat").trim_end();
    let plugin = plugin.strip_suffix(')').expect("it is a component");
    format!(
        r#"{plugin}
  (core module $program (func (export "run") (result i32) (i32.const 0)))
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $run)))"#
    )
}

#[test]
fn what_is_a_plugin_and_a_program_is_a_plugin_unless_it_is_called_a_program() {
    let path = plugin_file("stdio-plugin-too.wat", plugin_and_program());
    assert_eq!(converse(serve(&["-p", &path]).address, b"hello"), b"hello");
    let server = serve(&["--stdio", "-p", &path]);
    Peer::connect(server.address).expect_end();
    for (arguments, code) in [
        (&["check", "echo"][..], 0),
        (&["check", "echo", "--stdio"], 1),
    ] {
        let checked = Eco::new(&[arguments, &[&path]].concat()).run(b"");
        assert_eq!(checked.code, code, "{}", checked.stderr);
    }
    let shown = Eco::new(&["inspect", &path]).run(b"");
    let text = shown.text();
    let words = [
        format!("yes, handler: eco serve -p {path}"),
        format!(
            "a program of WASI 0.2 (component): reads stdin, writes stdout: eco serve --stdio -p {path}"
        ),
    ];
    for words in words {
        assert!(text.contains(&words), "{text}");
    }
}

/// All functions of WASI preview 1, with a letter for each parameter: `i` for 32 bits, `I` for 64
/// (<https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/witx/wasi_snapshot_preview1.witx>).
const PREVIEW_1: &str = "args_get ii, args_sizes_get ii, environ_get ii, environ_sizes_get ii, clock_res_get ii, \
    clock_time_get iIi, fd_advise iIIi, fd_allocate iII, fd_close i, fd_datasync i, fd_fdstat_get ii, \
    fd_fdstat_set_flags ii, fd_fdstat_set_rights iII, fd_filestat_get ii, fd_filestat_set_size iI, \
    fd_filestat_set_times iIIi, fd_pread iiiIi, fd_prestat_get ii, fd_prestat_dir_name iii, fd_pwrite iiiIi, \
    fd_read iiii, fd_readdir iiiIi, fd_renumber ii, fd_seek iIii, fd_sync i, fd_tell ii, fd_write iiii, \
    path_create_directory iii, path_filestat_get iiiii, path_filestat_set_times iiiiIIi, path_link iiiiiii, \
    path_open iiiiiIIii, path_readlink iiiiii, path_remove_directory iii, path_rename iiiiii, path_symlink iiiii, \
    path_unlink_file iii, poll_oneoff iiii, proc_raise i, random_get ii, sched_yield , sock_accept iii, \
    sock_recv iiiiii, sock_send iiiii, sock_shutdown ii";

#[test]
fn every_function_of_preview_1_can_be_imported() {
    let imports = PREVIEW_1.split(", ").map(|function| {
        let (name, parameters) = function
            .trim()
            .split_once(' ')
            .unwrap_or((function.trim(), ""));
        let parameters = parameters
            .chars()
            .map(|it| if it == 'I' { " i64" } else { " i32" });
        let parameters: String = parameters.collect();
        format!(
            r#"(import "wasi_snapshot_preview1" "{name}" (func (param{parameters}) (result i32)))"#
        )
    });
    let imports: Vec<String> = imports.collect();
    assert_eq!(imports.len(), 45);
    let text = format!(
        r#"(module {} (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (func (export "_start")))"#,
        imports.join(" ")
    );
    let path = plugin_file("stdio-imports.wat", text);
    let shown = Eco::new(&["inspect", &path]).run(b"");
    assert_eq!(shown.code, 0, "{}", shown.text());
}

#[test]
fn a_file_that_is_no_program_or_may_not_run_is_told_why() {
    let no_start = "(module (func (export \"_initialize\")))";
    let other_import = r#"(module (import "env" "f" (func)) (func (export "_start")))"#;
    let other_type =
        r#"(module (import "wasi_snapshot_preview1" "fd_read" (func)) (func (export "_start")))"#;
    let other_start = "(module (func (export \"_start\") (param i32)))";
    let shared = "(module (memory (export \"memory\") 1 1 shared) (func (export \"_start\")))";
    let traps = "(module (func $f unreachable) (start $f) (func (export \"_start\")))";
    // Topics, the store and timers are not for programs.
    let topics = r#"(component
        (import "eco:plugin/topics@0.1.0" (instance))
        (core module $program (func (export "run") (result i32) (i32.const 0)))
        (core instance $program (instantiate $program))
        (func $run (result (result)) (canon lift (core func $program "run")))
        (instance $run (export "run" (func $run)))
        (export "wasi:cli/run@0.2.0" (instance $run)))"#;
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
            "its _start is not that of a program",
        ),
        ("shared", shared, "shared memor"),
        ("traps", traps, "it fails as it starts"),
        (
            "topics",
            topics,
            "eco:plugin/topics@0.1.0 (it is for plugins that serve)",
        ),
    ] {
        let path = plugin_file(&format!("stdio-refused-{name}.wat"), text);
        let refused = Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", &path]).run(b"");
        assert_eq!(refused.code, 65, "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{name}: {}", refused.stderr);
        // Whoever only looks is told the same, and of no way in which it could be used.
        let shown = Eco::new(&["inspect", &path]).run(b"");
        assert_eq!(shown.code, 65, "{name}: {}", shown.text());
        let told = format!("{}{}", shown.text(), shown.stderr);
        assert!(told.contains(words), "{name}: {told}");
        assert!(!told.contains("eco serve"), "{name}: {told}");
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
