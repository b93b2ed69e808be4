//! Refusals of the system: address space, memory, descriptors, room in files. None of them is a plugin's fault.

use crate::harness::{Eco, Exited};
use crate::support::empty_folder;
use crate::support::{Peer, plugin_file};

const GIB: usize = 1024 * 1024;

/// The same echo three times: in Lua each instance has a second memory.
fn echoes() -> [String; 3] {
    [
        plugin_file("refused.lua", "function receive(chunk) return chunk end"),
        plugin_file("refused.js", "function receive(chunk) { return chunk }"),
        plugin_file("refused.wat", include_str!("../../plugins/echo/echo.wat")),
    ]
}

/// It is right, or nobody knows: it is never wrong.
fn assert_not_held_against(exited: &Exited, what: &str) {
    let said = format!("{what}: {}{}", exited.text(), exited.stderr);
    assert!([0, 70].contains(&exited.code), "{}: {said}", exited.code);
    assert!(!said.contains("bad-abi"), "{said}");
    if exited.code == 70 {
        assert!(!said.contains("of 10 points; used"), "{said}");
        let nobody = [
            "no fault of the plugin",
            "not the plugin",
            "somebody has to look",
        ];
        assert!(nobody.iter().any(|words| said.contains(words)), "{said}");
    }
}

#[test]
fn address_space_that_is_short_is_not_held_against_a_plugin() {
    let mut failed = 0;
    for plugin in echoes() {
        for gib in [3, 6, 9, 12] {
            let exited = Eco::with_address_space(gib * GIB, &["check", "echo", &plugin]).run(b"");
            assert_not_held_against(&exited, &format!("{plugin} within {gib} GiB"));
            failed += i32::from(exited.code == 70);
        }
    }
    // Or the limits are not where it matters any more.
    assert!(failed >= 6, "{failed}");
}

#[test]
fn a_class_that_the_machine_has_no_room_for_gets_no_marks() {
    let class = empty_folder("refused-class");
    for (name, plugin) in ["anna.lua", "ben.js", "carl.wat"].iter().zip(echoes()) {
        std::fs::copy(plugin, class.join(name)).expect("it can be written");
    }
    let class = class.display().to_string();
    let arguments = ["grade", "echo", &class, "--jobs", "1", "--report", "json=-"];
    let exited = Eco::with_address_space(6 * GIB, &arguments).run(b"");
    assert_eq!(exited.code, 70, "{}", exited.stderr);
    let report: serde_json::Value = serde_json::from_slice(&exited.stdout).expect("JSON");
    for submission in report["submissions"].as_array().expect("a list") {
        let judged = submission["judged"].as_bool();
        let points = &submission["points"];
        assert!(judged == Some(true) || points.is_null(), "{submission}");
        assert!(judged == Some(false) || points == 10.0, "{submission}");
    }
}

#[test]
fn memory_that_is_short_for_the_compiler_is_not_held_against_a_plugin() {
    let adds = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))";
    let module = format!("(core module $echo {}", adds.repeat(20_000));
    let text =
        include_str!("../../plugins/echo/echo.wat").replacen("(core module $echo", &module, 1);
    let plugin = plugin_file("short-of-memory.wat", text);
    let exited = Eco::with_data(50_000, &["check", "echo", &plugin])
        .env("XDG_CACHE_HOME", empty_folder("short-of-memory"))
        .run(b"");
    assert_eq!(exited.code, 70, "{}", exited.stderr);
    let said = &exited.stderr;
    assert!(said.contains("not the plugin's fault"), "{said}");
    // A missing budget is the plugin's fault.
    let exited = Eco::new(&["check", "echo", &plugin, "--compile-memory", "50MiB"]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
}

#[test]
fn descriptors_that_are_short_are_not_held_against_a_plugin() {
    for plugin in echoes() {
        for (descriptors, command) in [(10, "check"), (16, "check"), (16, "grade")] {
            let arguments = [command, "echo", &plugin];
            let exited = Eco::with_descriptors(descriptors, &arguments)
                .env("XDG_CACHE_HOME", empty_folder("short-of-descriptors"))
                .run(b"");
            let said = format!("{}{}", exited.text(), exited.stderr);
            assert_eq!(exited.code, 70, "{descriptors} for {command}: {said}");
            assert!(!said.contains("of 10 points; used"), "{said}");
        }
    }
}

/// A signal comes with the error, whose default is death.
#[test]
fn a_file_that_may_not_grow_is_an_error_and_not_the_end_of_the_server() {
    const FILLS: &str = r#"
n = 0
function receive(chunk)
  n = n + 1
  local kept, why = pcall(store.set, "key" .. n, string.rep("v", 100000))
  return kept and "+" or "-"
end
"#;
    let plugin = plugin_file("fills-a-file.lua", FILLS);
    let state = format!(
        "file:{}",
        empty_folder("may-not-grow").join("state").display()
    );
    let arguments = [
        "serve",
        "-l",
        "127.0.0.1:0",
        "-p",
        &plugin,
        "--state",
        &state,
    ];
    // Four MiB, in blocks of a shell: the code of the interpreter is longer too.
    let mut server = Eco::with_file_size(8192, &arguments)
        .env("XDG_CACHE_HOME", empty_folder("may-not-grow-cache"))
        .serve();
    let mut peer = Peer::connect(server.address);
    let mut answer = [0];
    for _ in 0..400 {
        peer.send(b"x");
        std::io::Read::read_exact(&mut peer.0, &mut answer).expect("an answer");
        if answer == *b"-" {
            break;
        }
    }
    assert_eq!(answer, *b"-", "the store took forty megabytes");
    server.logged(&["File too large"]);
    // It goes on, for others too.
    Peer::connect(server.address).send(b"x").expect(b"-");
    assert!(server.is_running());
}

#[test]
fn signals_that_stand_for_a_refused_write_end_nothing() {
    use rustix::process::Signal;
    let mut server = crate::support::serve(&[]);
    let mut peer = Peer::connect(server.address);
    for signal in [Signal::PIPE, Signal::XFSZ, Signal::IO] {
        server.signal(signal);
        peer.send(b"still here").expect(b"still here");
    }
    assert!(server.is_running());
}

#[test]
fn a_disk_that_is_full_is_no_misuse() {
    let folder = empty_folder("full-disk");
    let state = format!("file:{}", folder.join("state").display());
    let arguments = ["serve", "-l", "127.0.0.1:0", "--state", &state];
    let served = Eco::with_file_size(1, &arguments).run(b"");
    assert_eq!(served.code, 70, "{}", served.stderr);
    for words in ["File too large", "is the disk full"] {
        assert!(served.stderr.contains(words), "{}", served.stderr);
    }
    let [_, _, plugin] = echoes();
    let report = format!("html={}", folder.join("page").display());
    let arguments = ["grade", "echo", &plugin, "--report", &report];
    let graded = Eco::with_file_size(1, &arguments).run(b"");
    assert_eq!(graded.code, 70, "{}", graded.stderr);
    assert!(
        graded.stderr.contains("File too large"),
        "{}",
        graded.stderr
    );
    // Nor is a part of it left.
    let left = folder.read_dir().expect("it is there").flatten();
    let left: Vec<_> = left
        .map(|entry| entry.file_name())
        .filter(|name| name != "state")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
