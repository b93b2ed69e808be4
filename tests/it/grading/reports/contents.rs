//! Reports are whole, whatever a student is called and whatever ends the grading.

use crate::grading::reports::{grade, hand_in, json, place};
use crate::harness::{Eco, binary};
use crate::support::{handler, project_file};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Nothing here takes this long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// Every format, for names that mean something to a shell, a file system, a terminal or a reader of the format.
#[test]
fn a_student_of_any_name_has_reports_that_are_whole() {
    let place = place("reports-names");
    let long = "n".repeat(250);
    let names = [
        "-",
        "...",
        " ",
        "\u{202e}gpj",
        "a\u{1b}[2J\n\tb",
        "~",
        "%7E",
        "con",
        &long,
        "mallory;10;10;10",
        "x;=1+1;",
    ];
    for name in names {
        hand_in(&place, name);
    }
    for folder in ["g", "e"] {
        std::fs::create_dir(place.join(folder)).unwrap();
    }
    let reports = [
        "gradescope=g/{name}",
        "exercism=e/{name}/results.json",
        "junit=junit",
        "tap=tap",
        "csv=csv",
        "json=json",
        "html=html",
    ];
    let run = grade(&place, &["class"], &reports);
    assert_eq!(run.code, 0, "{}", run.stderr);
    // Names that begin with a dot are passed over, and reported.
    let graded = names.len() - 1;
    for report in ["junit", "tap", "csv", "json", "html"] {
        let text = std::fs::read_to_string(place.join(report)).unwrap();
        assert!(text.ends_with('\n'), "{report}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{report}");
    }
    assert_eq!(
        json(place.join("json"))["submissions"]
            .as_array()
            .unwrap()
            .len(),
        graded
    );
    let table = std::fs::read_to_string(place.join("csv")).unwrap();
    for row in ["\n\"mallory;10;10;10\",10,10,", "\n\"x;'=1+1;\",10,10,"] {
        assert!(table.contains(row), "{row}: {table}");
    }
    for folder in ["g", "e"] {
        assert_eq!(
            place.join(folder).read_dir().unwrap().count(),
            graded,
            "{folder}"
        );
    }
}

#[test]
fn a_report_says_which_exercise_was_used() {
    let place = place("reports-exercise");
    hand_in(&place, "anna");
    let start = Eco::new(&["exercise", "start", "echo", "copy", "--hidden"]).inside(&place);
    assert_eq!(start.run(b"").code, 0);
    let graded = |exercise: &str| {
        let grade = Eco::new(&["grade", exercise, "class", "--report", "json=all.json"]);
        let run = grade.inside(&place).run(b"");
        assert_eq!(run.code, 0, "{}", run.stderr);
        let exercise = json(place.join("all.json"))["exercise"].take();
        let text = |field: &str| exercise[field].as_str().unwrap().to_owned();
        (text("origin"), text("digest"), run.text())
    };
    let (origin, digest, table) = graded("echo");
    assert_eq!(origin, "eco");
    assert!(
        table.ends_with(&format!("; exercise: echo, eco's own, {digest}\n")),
        "{table}"
    );
    let (copied, same, table) = graded("./copy");
    assert_eq!((copied.as_str(), &same), ("folder", &digest));
    assert!(table.contains("echo, from a folder, "), "{table}");
    let hidden = place.join("copy/hidden.toml");
    let changed = std::fs::read_to_string(&hidden).unwrap() + "# another version\n";
    std::fs::write(hidden, changed).unwrap();
    assert_ne!(graded("./copy").1, digest);
}

#[test]
fn hidden_cases_where_students_may_read_them_are_said() {
    let place = place("reports-hidden");
    hand_in(&place, "anna");
    let words = "goes to where submissions lie: can students read it?";
    let warned = |reports: &[&str]| {
        let run = grade(&place, &["class"], reports);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stderr.contains(words)
    };
    assert!(warned(&["gradescope=class/{name}/results.json"]));
    assert!(!warned(&[
        "exercism=class/{name}/results.json",
        "gradescope={name}.json",
        "html=-"
    ]));
    let report = std::fs::read_to_string(place.join("class/anna/results.json")).unwrap();
    let hidden =
        std::fs::read_to_string(project_file("plugins/exercises/echo/hidden.toml")).unwrap();
    let names = hidden
        .lines()
        .filter_map(|line| line.strip_prefix("name = "));
    let names: Vec<&str> = names.map(|name| name.trim_matches('"')).collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(!report.contains(name), "{name}: {report}");
    }
}

#[test]
fn a_grading_that_is_killed_leaves_whole_reports_of_what_was_graded() {
    let place = place("reports-killed");
    for name in ["anna", "ben", "carla"] {
        hand_in(&place, name);
    }
    let loops = handler(
        r#"(memory (export "memory") 1)
           (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
           (func (export "receive") (param i32 i32) (result i32) (loop $on (br $on)) unreachable)"#,
        "",
    );
    std::fs::write(place.join("class/zoe.wat"), loops).unwrap();
    let exercise = place.join("long");
    std::fs::create_dir(&exercise).unwrap();
    let toml = "format = 1\nslug = \"long\"\ntitle = \"Long\"\npoints = 10\nlimits = { fuel = 10000000000 }\n\
        [[cases]]\nname = \"a\"\nsteps = [{ send = \"a\" }, { expect = \"a\" }]\n";
    std::fs::write(exercise.join("exercise.toml"), toml).unwrap();
    let mut grade = Command::new(binary());
    grade
        .args(["grade", "./long", "class", "--jobs", "1"])
        .current_dir(&place);
    for report in [
        "json=all.json",
        "csv=all.csv",
        "tap=all.tap",
        "html=all.html",
        "junit=all.xml",
        "gradescope={name}.json",
    ] {
        grade.args(["--report", report]);
    }
    let mut grade = grade
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let pending = || {
        let report = std::fs::read(place.join("all.json")).ok()?;
        // Whenever it is read, it is a whole one.
        let report: Value = serde_json::from_slice(&report).unwrap();
        Some(report["pending"].clone())
    };
    while pending() != Some(serde_json::json!(["zoe"])) {
        let ended = grade.try_wait().unwrap();
        assert_eq!(ended, None, "it was graded before it could be killed");
        assert!(began.elapsed() < PATIENCE, "{:?}", pending());
        std::thread::sleep(Duration::from_millis(20));
    }
    // The formats are written one after another.
    while !std::fs::read_to_string(place.join("all.xml")).is_ok_and(|last| last.contains("carla")) {
        assert!(began.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    grade.kill().unwrap();
    grade.wait().unwrap();
    assert_eq!(
        json(place.join("all.json"))["submissions"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    for name in ["anna", "ben", "carla"] {
        assert_eq!(json(place.join(format!("{name}.json")))["score"], 10.0);
    }
    assert!(!place.join("zoe.json").exists());
    for (report, words) in [
        ("all.csv", "\"zoe\",\"\","),
        ("all.tap", "# Not graded yet: zoe"),
        ("all.html", "This page is not whole"),
        ("all.xml", "Not graded yet"),
    ] {
        let text = std::fs::read_to_string(place.join(report)).unwrap();
        assert!(text.contains(words), "{report}: {text}");
    }
}

#[test]
fn a_name_and_a_form_that_are_long_together_fit_into_a_path() {
    let place = place("reports-long");
    let long = "n".repeat(250);
    hand_in(&place, &long);
    hand_in(&place, "anna");
    let end = "e".repeat(100);
    let form = format!("gradescope={{name}}{end}");
    let run = grade(&place, &["class"], &[&form]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    json(place.join(format!("anna{end}")));
    let form = format!("gradescope={{name}}{end}{end}{end}");
    let run = grade(&place, &["class"], &[&form]);
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(run.stderr.contains("leaves no room"), "{}", run.stderr);
}
