//! Cases whose judge is a client plugin.

use crate::exercises::{HEAD, exercise};
use crate::harness::Eco;
use crate::support::{plugin_file, project_file};

/// A judge that asks twice, and wants what it sent in capitals.
const JUDGE: &str = r#"
const questions = ["one\n", "two\n"];
let asked = null;
function start(message) { asked = message ?? questions.shift(); return { send: asked, through: "\n" }; }
function replied(reply) {
  const wanted = (typeof asked === "string" ? asked : String.fromCharCode(...asked)).toUpperCase();
  const came = String.fromCharCode(...reply);
  if (came !== wanted) return { wrong: "no capitals", offset: 2 };
  asked = questions.shift();
  return asked && { send: asked, through: "\n" };
}
"#;

fn judged(name: &str, judge: &str) -> String {
    let folder = exercise(
        name,
        &format!("{HEAD}[[cases]]\nname = \"it\"\njudge = \"judge.js\"\nmessage = \"zero\\n\"\n"),
    );
    std::fs::write(folder.join("judge.js"), judge).expect("it can be written");
    folder.display().to_string()
}

#[test]
fn a_client_plugin_can_be_the_judge() {
    let exercise = judged("judged", JUDGE);
    let upper = project_file("plugins/javascript/upper/upper.js");
    let checked = Eco::new(&["check", &exercise, &upper]).run(b"");
    assert_eq!(checked.code, 0, "{}{}", checked.text(), checked.stderr);
    let checked = Eco::new(&["check", &exercise, "echo"]).run(b"");
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    for words in [
        "wrong-bytes",
        "The judge says: \"no capitals\", at byte 2",
        "--> \"zero\\n\"",
    ] {
        assert!(checked.text().contains(words), "{}", checked.text());
    }
}

#[test]
fn a_judge_that_fails_or_never_ends_is_an_internal_error() {
    for (judge, words) in [
        (
            "function start() { throw new Error('oh'); } function replied() {}",
            "the judge: the plugin says",
        ),
        (
            "function start() { return {}; } function replied() { return {}; }",
            "10000 turns",
        ),
    ] {
        let checked = Eco::new(&["check", &judged("no-judge", judge), "echo"]).run(b"");
        assert_eq!(checked.code, 70, "{}", checked.stderr);
        assert!(checked.text().contains(words), "{}", checked.text());
    }
    let refused = Eco::new(&["check", &judged("no-judge", "function start( {"), "echo"]).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(refused.stderr.contains("the judge"), "{}", refused.stderr);
}

#[test]
fn a_judge_that_takes_much_is_an_internal_error() {
    for (judge, words) in [
        // Sixty megabytes a turn were held in every event of a report.
        (
            "function start() { return { send: new Uint8Array(60 << 20) }; } function replied() {}",
            "the judge: ",
        ),
        (
            "function start() { return { send: new Uint8Array(3 << 20) }; } const replied = start;",
            "the judge: it sends more than 4.0 MiB",
        ),
        (
            "function start() { return { exactly: 5 << 20 }; } function replied() {}",
            "the judge: it waits for more than 4.0 MiB",
        ),
        (
            "function start() { globalThis.kept = new Uint8Array(80 << 20); } function replied() {}",
            "the judge: ",
        ),
        (
            "function start() { throw new Error('e'.repeat(200000)); } function replied() {}",
            "the judge: ",
        ),
        (
            "function start() { for (;;); } function replied() {}",
            "the judge: the plugin broke its budget: processor time per call, 2s",
        ),
    ] {
        let checked = Eco::new(&["check", &judged("greedy-judge", judge), "echo"]).run(b"");
        assert_eq!(
            checked.code,
            70,
            "{judge}: {}{}",
            checked.text(),
            checked.stderr
        );
        assert!(checked.text().contains(words), "{}", checked.text());
        assert!(checked.text().len() < 20_000, "{judge}");
    }
}

#[test]
fn judges_that_are_too_large_are_refused() {
    let cases =
        ["one", "two"].map(|name| format!("[[cases]]\nname = \"{name}\"\njudge = \"{name}.js\"\n"));
    let folder = exercise("large-judges", &format!("{HEAD}{}", cases.concat()));
    for (bytes, line, words) in [
        (
            5 << 20,
            5,
            "the judge \"one.js\": it is larger than 4.0 MiB",
        ),
        (
            5 << 19,
            8,
            "the judges of an exercise may have 4.0 MiB in all",
        ),
    ] {
        for name in ["one.js", "two.js"] {
            let judge = format!("{JUDGE}//{}", "x".repeat(bytes));
            std::fs::write(folder.join(name), judge).expect("it can be written");
        }
        let refused = Eco::new(&["check", &folder.display().to_string(), "echo"]).run(b"");
        assert_eq!(refused.code, 64, "{}", refused.stderr);
        let words = format!("exercise.toml:{line}: {words}");
        assert!(refused.stderr.contains(&words), "{}", refused.stderr);
    }
}

#[test]
fn a_plugin_that_floods_a_judge_is_stopped() {
    let text = "function receive(chunk) return string.rep('x', 1 << 20) end";
    let plugin = plugin_file("floods-the-judge.lua", text);
    let judge = "function start() { return { send: 'a'.repeat(1000), through: '\\n' }; } function replied() {}";
    let exercise = judged("flooded", judge);
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    // As written it is one chunk, and the reply has no end.
    assert!(
        checked.text().contains("missing-bytes"),
        "{}",
        checked.text()
    );
    let text = "local first = true function receive(chunk) if first and #chunk > 1 then return '\\n' end first = false return string.rep('x', 1 << 20) end";
    let plugin = plugin_file("floods-in-pieces.lua", text);
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert!(checked.text().contains("extra-bytes"), "{}", checked.text());
    // One byte at a time it would have been a gigabyte.
    let given = checked.text().matches("--> \"a\"").count();
    assert_eq!(given, 2, "{}", checked.text());
}

#[test]
fn a_judge_that_never_looks_at_a_reply_is_refused() {
    let exercise = judged(
        "blind",
        "function start() { return { send: 'a', exactly: 1 }; }",
    );
    let refused = Eco::new(&["check", &exercise, "echo"]).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("no function replied"),
        "{}",
        refused.stderr
    );
}
