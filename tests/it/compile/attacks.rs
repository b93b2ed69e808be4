//! Plugins that attack the compiler: they cost a helper process, and nobody else anything.

use crate::compile::{ECHO, loops, nested, sections, with_function};
use crate::harness::Eco;
use crate::judging::verdicts::lines;
use crate::support::{Peer, empty_folder, plugin_file, project_file, serve};
use serde_json::Value;

/// Joins of control flow in a loop that changes all locals: its memory grows with their product.
fn joins(joins: usize, locals: usize) -> String {
    let joins = "local.get 0 if else end ".repeat(joins);
    let adds: String = (1..=locals)
        .map(|local| format!("local.get {local} i32.const 1 i32.add local.set {local} "))
        .collect();
    with_function(
        locals,
        &format!("loop {joins}{adds} local.get 0 br_if 0 end"),
    )
}

#[test]
fn a_file_that_overflows_the_parser_ends_no_process() {
    for (name, bytes) in nested() {
        let path = plugin_file(name, &bytes);
        for command in [
            &["inspect", &path][..],
            &["call", &path, "x"],
            &["check", &lines(), &path],
            &["send", "-t", "127.0.0.1:1", "-p", &path],
            &["load", "-t", "127.0.0.1:1", "-p", &path],
            &["serve", "-l", "127.0.0.1:0", "-p", &path],
        ] {
            let exited = Eco::new(command).run(b"");
            assert_eq!(exited.code, 65, "{command:?}: {}", exited.stderr);
            assert!(
                exited
                    .stderr
                    .contains("too complex to compile: it nests too deep"),
                "{command:?}: {}",
                exited.stderr
            );
        }
    }
}

#[test]
fn a_server_that_watches_its_plugin_survives_what_is_put_in_its_place() {
    let path = plugin_file("watched-attack.wat", ECHO);
    let server = serve(&["-p", &path, "--watch", "--compile-time", "1s"]);
    let mut open = Peer::connect(server.address);
    open.send(b"before").expect(b"before");
    let put = |contents: &[u8]| {
        let beside = format!("{path}.new");
        std::fs::write(&beside, contents).expect("the file can be written");
        std::fs::rename(&beside, &path).expect("the file can be replaced");
    };
    let [(_, instances), (_, components)] = nested();
    put(&instances);
    server.logged(&["not reloaded", "it nests too deep"]);
    put(loops(20_000).as_bytes());
    server.logged(&["not reloaded", "time to compile, 1s"]);
    // By hand, and with another attack.
    put(&components);
    server.signal(rustix::process::Signal::HUP);
    open.send(b"meanwhile").expect(b"meanwhile");
    put(ECHO.as_bytes());
    server.logged(&["reloaded: new connections get the new version"]);
    open.send(b"after").expect(b"after").finish().expect_end();
    let mut next = Peer::connect(server.address);
    next.send(b"next").expect(b"next").finish().expect_end();
}

#[test]
fn a_plugin_that_takes_too_much_to_compile_is_too_complex() {
    let slow = plugin_file("slow-loops.wat", loops(20_000));
    let large = plugin_file("large-joins.wat", joins(4000, 1000));
    for command in [&["call"][..], &["inspect", "--json"], &["check", &lines()]] {
        for (path, limit, said) in [
            (&slow, "--compile-time=1s", "time to compile, 1s"),
            (
                &large,
                "--compile-memory=96MiB",
                "memory to compile, 96.0 MiB",
            ),
        ] {
            let exited = Eco::new(command).args(&[path, limit]).run(b"");
            assert_eq!(exited.code, 65, "{command:?}: {}", exited.stderr);
            let all = exited.text() + &exited.stderr;
            assert!(all.contains(said), "{command:?} {limit}: {all}");
            if command.contains(&"--json") {
                assert!(all.contains(r#""code": "too-complex""#), "{all}");
            }
        }
    }
}

#[test]
fn the_honest_beside_attacks_get_their_marks() {
    let class = empty_folder("class-with-attacks");
    let put = |name: &str, contents: &[u8]| {
        std::fs::write(class.join(name), contents).expect("the file can be written");
    };
    let honest = std::fs::read(format!("{}/solution/solution.lua", lines()));
    put("ada.lua", &honest.expect("the exercise has a solution"));
    put("grace.wat", ECHO.as_bytes());
    for (name, bytes) in nested() {
        put(name, &bytes);
    }
    put("loops.wat", loops(20_000).as_bytes());
    put("memory.wat", joins(4000, 1000).as_bytes());
    let graded = Eco::new(&["grade", &lines(), &class.display().to_string()])
        .args(&["--report", "json=-", "--jobs", "2"])
        .args(&["--compile-time", "1s", "--compile-memory", "96MiB"])
        .run(b"");
    assert_eq!(graded.code, 0, "{}", graded.stderr);
    let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
    let verdicts = |name: &str| -> Vec<&str> {
        let submissions = report["submissions"].as_array().expect("a list");
        let found = submissions.iter().find(|found| found["name"] == name);
        let cases = found.expect("it was graded")["cases"].as_array();
        let cases = cases.expect("a list").iter();
        cases.filter_map(|case| case["verdict"].as_str()).collect()
    };
    assert!(verdicts("ada").iter().all(|verdict| *verdict == "passed"));
    assert!(verdicts("grace").contains(&"passed"));
    for attack in ["component-types", "instance-types", "loops", "memory"] {
        let verdicts = verdicts(attack);
        assert!(
            !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == "too-complex"),
            "{attack}: {verdicts:?}"
        );
    }
}

/// The exception to the rule is in one place.
#[test]
fn unsafe_code_is_in_the_module_that_says_why() {
    let mut folders = vec![std::path::PathBuf::from(project_file("host"))];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            // A crate that forbids it has none.
            let text = text.replace("forbid(unsafe_code)", "");
            if text.contains("unsafe_code") || text.contains("unsafe {") {
                found.push(path);
            }
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found
            .iter()
            .all(|path| path.ends_with("compile/src/cache/code.rs"))
    );
}

/// A file that the helper has no memory for, and one that leaves it none for its threads.
#[test]
fn a_file_that_takes_all_the_memory_to_compile_is_too_complex() {
    let path = plugin_file("fills-the-helper.wasm", sections(&[(0, vec![0; 31 << 20])]));
    for mebibytes in [24, 31, 32, 34, 36] {
        let limit = format!("--compile-memory={mebibytes}MiB");
        let exited = Eco::new(&["call", &path, "x", &limit]).run(b"");
        assert_eq!(exited.code, 65, "{limit}: {}", exited.stderr);
        let said = exited.stderr;
        assert!(said.contains("memory to compile"), "{limit}: {said}");
    }
}
