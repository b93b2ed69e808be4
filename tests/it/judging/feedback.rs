//! The words of a failure, for its student.

use crate::harness::{Eco, binary};
use crate::judging::splits::{failed, one_case};
use crate::judging::verdicts::lines;
use crate::support::{plugin_file, project_file, terminal};
use std::process::{Command, Stdio};

fn wrong(name: &str) -> String {
    project_file(&format!("tests/exercises/wrong/{name}"))
}

/// The whole of it, word for word.
#[test]
fn a_failure_says_what_where_and_what_to_think_about() {
    let checked = Eco::new(&["check", &lines(), "forgets-the-rest.lua"]);
    let folder = project_file("tests/exercises/wrong");
    let checked = checked.inside(folder.as_ref()).run(b"");
    let expected = r#"Lines: 6 cases for forgets-the-rest.lua

FAIL  a line comes back       wrong-bytes (only when split)

      A byte of the reply is not the one expected.
      The bytes came in these pieces: as few cuts as it takes to break the plugin.
      As they are written in the case, the plugin answers them right: what does it keep between chunks?
      The replies part at byte 0, in the answer to chunk 2 (bytes 1 to 5 sent); 5 came in all. Bytes count from 0.
      what was said (--> to the plugin, <-- from it)
        --> "h"
        --> "ello\n"
        <-- "ello\n"
      expected
        00000000  68 65 6c 6c 6f 0a                                |hello.|
                  ^^
      actual
        00000000  65 6c 6c 6f 0a                                   |ello.|
                  ^^
      hint: What is a line?

FAIL  a line in two pieces    wrong-bytes
FAIL  several lines           wrong-bytes (only when split)
FAIL  bytes that are no text  wrong-bytes (only when split)
FAIL  quit closes             wrong-bytes (only when split)
FAIL  two clients             wrong-bytes

0 of 6 cases passed, 0 of 12 points; used 1 % of the CPU budget
--all shows every failure in full.
"#;
    assert_eq!(checked.text(), expected);
    assert_eq!(checked.code, 1);
    assert_eq!(checked.stderr, "eco: 6 cases failed\n");
}

#[test]
fn all_failures_are_shown_in_full_if_asked_for() {
    let checked = Eco::new(&["check", &lines(), &wrong("forgets-the-rest.lua"), "--all"]).run(b"");
    assert_eq!(checked.text().matches("what was said").count(), 6);
}

#[test]
fn a_plugin_that_can_not_be_loaded_is_no_failed_case() {
    for (plugin, words) in [
        ("is-a-core-module.wat", "a core module without _start"),
        ("wants-the-network.wat", "wasi:http/outgoing-handler@0.2.0"),
        ("lacks-receive.lua", "no function `receive`"),
        ("loops-at-its-start.lua", "units of work per connection"),
        ("loops-at-its-start.lua", ", near loops-at-its-start.lua:"),
    ] {
        let checked = Eco::new(&["check", &lines(), &wrong(plugin)]).run(b"");
        assert_eq!(checked.code, 65, "{}", checked.stderr);
        assert!(checked.stderr.contains(words), "{}", checked.stderr);
        assert_eq!(checked.text(), "");
    }
}

#[test]
fn the_log_is_bounded_and_escaped() {
    let text = "function receive(chunk) for i = 0, 49 do print('line ' .. i .. ' \\27[2J') end return '?' end";
    let plugin = plugin_file("talks.lua", text);
    let shown = failed(
        &one_case("talks", "{ send = \"a\" }, { expect = \"a\" }"),
        &plugin,
    );
    assert!(shown.contains("… 30 lines before these"), "{shown}");
    assert!(shown.contains(r#""line 49 \x1b[2J""#), "{shown}");
    assert!(
        !shown.contains("line 29 ") && !shown.contains('\u{1b}'),
        "{shown}"
    );
}

#[test]
fn a_long_dialogue_shows_its_end() {
    let plugin = plugin_file(
        "counts.js",
        "let n = 0; function receive(chunk) { return ++n === 40 ? '?' : chunk; }",
    );
    let turn = "{ send = \"a\" }, { pause = \"1s\" }, { expect = \"a\" },";
    let shown = failed(&one_case("long", &turn.repeat(50)), &plugin);
    assert!(shown.contains("… 96 before this"), "{shown}");
    assert!(shown.contains("<-- \"?\""), "{shown}");
}

#[test]
fn a_connection_that_ends_or_stays_is_described() {
    let shown = failed(&lines(), &wrong("never-closes.lua"));
    assert!(shown.contains("(the end of the connection)"), "{shown}");
    assert!(shown.contains("(the connection is still open)"), "{shown}");
    let shown = failed(&lines(), &wrong("closes-early.lua"));
    assert!(shown.contains("<-- (closes)"), "{shown}");
    assert!(shown.contains("(the plugin ended it)"), "{shown}");
}

#[test]
fn a_terminal_gets_colours_unless_it_is_told_not_to() {
    let look = |no_color: Option<&str>| {
        let (far, shown) = terminal();
        let mut check = Command::new(binary());
        check
            .args(["check", &lines(), &wrong("traps.wat")])
            .env_remove("NO_COLOR")
            .env("TERM", "xterm");
        if let Some(value) = no_color {
            check.env("NO_COLOR", value);
        }
        check
            .stdout(Stdio::from(far))
            .stderr(Stdio::null())
            .status()
            .expect("it runs");
        drop(check);
        shown.join().expect("the terminal closes")
    };
    assert!(look(None).contains("\u{1b}["), "no colours");
    assert!(!look(Some("1")).contains('\u{1b}'), "colours all the same");
}

#[test]
fn watching_checks_again_when_the_plugin_changes() {
    let plugin = plugin_file("student.js", "function receive(chunk) {}");
    let watching = Eco::new(&["check", &lines(), &plugin, "--watch"]).follow();
    watching.said("0 of 6 cases passed");
    watching.said("waiting for");
    let solution =
        std::fs::read(wrong("shares-state-between-connections.js")).expect("it can be read");
    std::fs::write(&plugin, solution).expect("it can be written");
    watching.said("6 of 6 cases passed");
}
