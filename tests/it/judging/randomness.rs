//! Random numbers and the date when a plugin is judged.

use crate::exercises::{HEAD, exercise};
use crate::harness::Eco;
use crate::support::plugin_file;
use serde_json::Value;
use std::path::Path;

/// A judge that draws a number, and wants it from a plugin that was never told.
const SECRET: &str = r#"
const secret = String(Math.random());
function start() { return { send: "guess\n", through: "\n" }; }
function replied(reply) {
  const guess = String.fromCharCode(...reply).trim();
  if (guess !== secret) return { wrong: `it is ${secret}, and not ${guess}` };
}
"#;

/// Plugins that hope to draw what the judge draws.
const GUESSES: [(&str, &str); 2] = [
    (
        "guesses.js",
        "const guess = Math.random(); function receive(chunk) { return chunk[chunk.length - 1] === 10 ? `${guess}\n` : ''; }",
    ),
    (
        "guesses-late.js",
        "function receive(chunk) { return chunk[chunk.length - 1] === 10 ? `${Math.random()}\n` : ''; }",
    ),
];

/// A plugin that answers every line with the date and a random number.
const TELLS: &str = "function receive(chunk) { return chunk[chunk.length - 1] === 10 ? `${Date.now()} ${Math.random()}\\n` : ''; }";

/// An exercise with a judge in two cases.
fn judged(name: &str, judge: &str) -> String {
    let case = |name: &str| format!("[[cases]]\nname = \"{name}\"\njudge = \"judge.js\"\n");
    let folder = exercise(name, &format!("{HEAD}{}{}", case("one"), case("two")));
    std::fs::write(folder.join("judge.js"), judge).expect("it can be written");
    folder.display().to_string()
}

/// The words of a failing plugin, in the report on each case.
#[track_caller]
fn said(arguments: &[&str]) -> Vec<String> {
    let graded = Eco::new(&["grade", "--report", "json=-"])
        .args(arguments)
        .run(b"");
    assert_eq!(graded.code, 0, "{}", graded.stderr);
    let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
    let cases = report["submissions"][0]["cases"].as_array();
    let cases = cases.expect("a list").iter();
    cases
        .map(|case| {
            assert_eq!(case["verdict"], "wrong-bytes", "{case}");
            case["failure"]["judge"]
                .as_str()
                .expect("it says why")
                .to_owned()
        })
        .collect()
}

/// How a checkout ends the lines, and a mark that editors put first, draw nothing anew.
#[test]
fn an_exercise_draws_the_same_whatever_ends_its_lines() {
    let toml = format!("{HEAD}[[cases]]\nname = \"one\"\njudge = \"judge.js\"\n");
    let crlf = toml.replace('\n', "\r\n");
    let plugin = plugin_file("tells-line-ends.js", TELLS);
    let drawn = [toml.clone(), crlf.clone(), format!("\u{feff}{crlf}")].map(|toml| {
        let folder = exercise("drawn-line-ends", &toml);
        std::fs::write(folder.join("judge.js"), REPEATS).expect("it can be written");
        drawn(&folder.display().to_string(), &plugin)
    });
    assert_eq!(drawn[0], drawn[1]);
    assert_eq!(drawn[0], drawn[2]);
}

/// A judge that says what it has drawn, and what the plugin has.
const REPEATS: &str = r#"
const mine = `${Date.now()} ${Math.random()}`;
function start() { return { send: "tell\n", through: "\n" }; }
function replied(reply) { return { wrong: `${mine} ${String.fromCharCode(...reply).trim()}` }; }
"#;

/// The date and the number of the judge, then those of the plugin, in each case.
fn drawn(exercise: &str, plugin: &str) -> Vec<[String; 4]> {
    let words = |said: &String| {
        let words: Vec<String> = said
            .trim_matches('"')
            .split(' ')
            .map(str::to_owned)
            .collect();
        words.try_into().expect("four words")
    };
    said(&[exercise, plugin]).iter().map(words).collect()
}

#[test]
fn a_plugin_does_not_draw_what_the_judge_has_drawn() {
    let exercise = judged("secret", SECRET);
    for (name, text) in GUESSES {
        let plugin = plugin_file(name, text);
        let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
        assert_eq!(checked.code, 1, "{}", checked.stderr);
        assert!(
            checked.text().contains("0 of 2 cases passed"),
            "{}",
            checked.text()
        );
    }
}

#[test]
fn the_date_is_another_in_every_case_and_the_same_for_the_judge() {
    let exercise = judged("dates", REPEATS);
    let plugin = plugin_file("tells-dates.js", TELLS);
    let cases = drawn(&exercise, &plugin);
    let [one, two] = cases.as_slice() else {
        panic!("two cases: {cases:?}");
    };
    for [judge_date, judge_number, date, number] in [one, two] {
        assert_eq!(judge_date, date);
        assert_ne!(judge_number, number);
        let milliseconds: u64 = date.parse().expect("a number");
        // From the beginning of 2024 to the end of 2033.
        let years = 1_704_067_200_000..2_019_686_400_000;
        assert!(years.contains(&milliseconds), "{milliseconds}");
    }
    for (one, two) in one.iter().zip(two) {
        assert_ne!(one, two, "both cases draw it");
    }
    // The same once more, and whatever the folder is called.
    assert_eq!(drawn(&exercise, &plugin), cases);
    assert_eq!(drawn(&judged("dates-elsewhere", REPEATS), &plugin), cases);
}

#[test]
fn a_byte_of_either_file_draws_anew_and_a_check_tells_nothing_of_a_grade() {
    let exercise = judged("hidden-seed", REPEATS);
    let plugin = plugin_file("tells-anew.js", TELLS);
    let mut seen = vec![drawn(&exercise, &plugin)];
    let write = |file: &str, text: &str| {
        std::fs::write(Path::new(&exercise).join(file), text).expect("it can be written");
    };
    write("hidden.toml", "cases = []\n");
    seen.push(drawn(&exercise, &plugin));
    write("hidden.toml", "cases = [] # one byte more\n");
    seen.push(drawn(&exercise, &plugin));
    let file = Path::new(&exercise).join("exercise.toml");
    let toml = std::fs::read_to_string(file).expect("it can be read");
    write("exercise.toml", &format!("{toml}\n"));
    seen.push(drawn(&exercise, &plugin));
    let draws: Vec<&String> = seen.iter().flatten().flatten().collect();
    let checked = Eco::new(&["check", &exercise, &plugin, "--all"]).run(b"");
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    let different: std::collections::HashSet<&&String> = draws.iter().collect();
    // Four ways, two cases: a date, which the judge has too, and two numbers.
    assert_eq!(different.len(), 4 * 2 * 3, "{seen:?}");
    for drawn in draws {
        assert!(!checked.text().contains(drawn.as_str()), "{drawn}");
    }
}

#[test]
fn a_judge_may_compare_a_time_with_its_own() {
    let judge = SECRET.replace("Math.random()", "Date.now()");
    let exercise = judged("compares-times", &judge);
    let plugin = plugin_file("tells-the-time.js", TELLS.replace(" ${Math.random()}", ""));
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}
