//! Grading a class: what is handed in, what becomes of it, and where reports go.

use crate::guests::empty_folder;
use crate::harness::{Eco, binary};
use crate::support::{project_file, terminal};
use crate::verdicts::lines;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

fn solution() -> String {
    format!("{}/solution/solution.lua", lines())
}

/// A file of a class, with its folders.
fn hand_in(class: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = class.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
    std::fs::write(path, text).expect("it can be written");
}

const ECHO: &str = "function receive(chunk) { return chunk; }";

/// The names and first verdicts of a report.
fn graded(report: &[u8]) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(report).expect("the report is JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let submissions = report["submissions"].as_array().expect("a list").iter();
    submissions
        .map(|submission| {
            (
                text(&submission["name"]),
                text(&submission["cases"][0]["verdict"]),
            )
        })
        .collect()
}

#[test]
fn a_class_is_a_folder_with_a_file_or_a_folder_for_each_student() {
    let class = empty_folder("class");
    hand_in(&class, "alice.js", ECHO);
    hand_in(
        &class,
        "bob/plugin.lua",
        std::fs::read(solution()).expect("it can be read"),
    );
    hand_in(&class, "bob/notes.txt", "I did it all by myself");
    hand_in(&class, "carol/a.js", ECHO);
    hand_in(&class, "carol/b.js", ECHO);
    hand_in(&class, "dave/src/lib.rs", "fn main() {}");
    hand_in(&class, "erin/plugin.wat", "(component)");
    hand_in(&class, "erin/plugin.wasm", "not built at all");
    std::os::unix::fs::symlink("/etc/hostname", class.join("mallory.js"))
        .expect("a link can be made");
    std::os::unix::fs::symlink("/etc", class.join("oscar")).expect("a link can be made");
    let run = Eco::new(&[
        "grade",
        &lines(),
        &class.display().to_string(),
        "--report",
        "json=-",
    ])
    .run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let found = graded(&run.stdout);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(name, code)| (name.as_str(), code.as_str()))
        .collect();
    let none = "does-not-load";
    assert_eq!(
        found,
        [
            ("alice", "passed"),
            ("bob", "passed"),
            ("carol", none),
            ("dave", none),
            ("erin", none),
            ("mallory", none),
            ("oscar", none),
        ]
    );
    let report = String::from_utf8(run.stdout).expect("it is text");
    for words in [
        r#"several plugins, and should have one: \"a.js\", \"b.js\""#,
        "grading runs no compilers",
        "a link, and not a file",
    ] {
        assert!(report.contains(words), "{words}\n{report}");
    }
}

#[test]
fn several_paths_are_a_student_each() {
    let class = empty_folder("paths");
    hand_in(&class, "alice/plugin.js", ECHO);
    hand_in(&class, "bob.js", ECHO);
    let paths = ["alice", "bob.js"].map(|name| class.join(name).display().to_string());
    let run = Eco::new(&["grade", &lines(), &paths[0], &paths[1]]).run(b"");
    let names: Vec<String> = run
        .text()
        .lines()
        .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, ["student", "alice", "bob", "2"], "{}", run.text());
}

/// The names and first verdicts of what is graded in this folder, and what is said on stderr.
#[track_caller]
fn graded_in(class: &Path, arguments: &[&str]) -> (Vec<(String, String)>, String) {
    let grade = Eco::new(&["grade", &lines(), "--report", "json=-"]);
    let run = grade.args(arguments).inside(class).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    (graded(&run.stdout), run.stderr)
}

/// Pairs of a name and a verdict, as [`graded_in`] has them.
fn marks(marks: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = marks
        .iter()
        .map(|(name, code)| ((*name).to_owned(), (*code).to_owned()));
    owned.collect()
}

#[test]
fn a_student_can_not_hand_in_for_others() {
    let class = empty_folder("for-others");
    hand_in(&class, "alice/plugin.js", ECHO);
    // Folders alone, a folder in a folder, files with the names of others.
    hand_in(&class, "mallory/bob/plugin.js", ECHO);
    hand_in(&class, "mallory/alice/plugin.js", ECHO);
    hand_in(&class, "oscar/deep/deeper/plugin.js", ECHO);
    hand_in(&class, "trudy/alice.js", ECHO);
    hand_in(&class, "trudy/bob.js", ECHO);
    let none = "does-not-load";
    let expected = marks(&[
        ("alice", "passed"),
        ("mallory", none),
        ("oscar", none),
        ("trudy", none),
    ]);
    let several = ["alice", "mallory", "oscar", "trudy"];
    assert_eq!(graded_in(&class, &several).0, expected);
    assert_eq!(graded_in(&class, &["."]).0, expected);
    // A pattern that matched one.
    let (found, _) = graded_in(&class, &["trudy", "--class=no"]);
    assert_eq!(found, marks(&[("trudy", none)]));
    let (found, _) = graded_in(&class, &["alice/", "--class=no"]);
    assert_eq!(found, marks(&[("alice", "passed")]));
}

#[test]
fn a_folder_alone_is_a_class_and_class_says_so_of_several() {
    let groups = empty_folder("groups");
    hand_in(&groups, "monday/carol/plugin.js", ECHO);
    hand_in(&groups, "monday/erin.js", ECHO);
    hand_in(&groups, "tuesday/dave/plugin.js", ECHO);
    let (found, said) = graded_in(&groups, &["monday"]);
    assert_eq!(found, marks(&[("carol", "passed"), ("erin", "passed")]));
    for words in ["\"monday\"", "a class of 2 students", "--class=no"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let (found, said) = graded_in(&groups, &["monday", "tuesday", "--class"]);
    let all = [("carol", "passed"), ("dave", "passed"), ("erin", "passed")];
    assert_eq!(found, marks(&all));
    assert_eq!(said, "");
    let refused = Eco::new(&["grade", &lines(), "monday/erin.js", "--class"]);
    let refused = refused.inside(&groups).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(refused.stderr.contains("no folder"), "{}", refused.stderr);
}

#[test]
fn links_are_refused_wherever_they_are() {
    use std::os::unix::fs::symlink;
    let class = empty_folder("links");
    hand_in(&class, "alice/plugin.js", ECHO);
    hand_in(&class, "bob/notes.txt", "");
    for (to, from) in [
        ("alice", "mallory"),
        ("alice/plugin.js", "oscar.js"),
        ("../alice/plugin.js", "bob/plugin.js"),
    ] {
        symlink(to, class.join(from)).expect("a link can be made");
    }
    let none = "does-not-load";
    let expected = marks(&[
        ("alice", "passed"),
        ("bob", none),
        ("mallory", none),
        ("oscar", none),
    ]);
    // With a slash the system would follow it.
    for mallory in ["mallory", "mallory/", "mallory/."] {
        let paths = ["alice", "bob", mallory, "oscar.js"];
        assert_eq!(graded_in(&class, &paths).0, expected, "{mallory}");
    }
    assert_eq!(graded_in(&class, &["."]).0, expected);
    for arguments in [&["mallory"][..], &["mallory/"], &["mallory", "--class"]] {
        let refused = Eco::new(&["grade", &lines()]).args(arguments);
        let refused = refused.inside(&class).run(b"");
        assert_eq!(refused.code, 64, "{}", refused.stderr);
        assert!(
            refused.stderr.contains("it is a link"),
            "{}",
            refused.stderr
        );
    }
}

#[test]
fn what_is_passed_over_is_said() {
    let class = empty_folder("passed-over");
    hand_in(&class, "alice.js", ECHO);
    hand_in(&class, ".bob.js", ECHO);
    hand_in(&class, ".\u{1b}[2J.js", ECHO);
    hand_in(&class, "__MACOSX/carol.js", ECHO);
    hand_in(&class, "dave/.plugin.js", ECHO);
    let (found, said) = graded_in(&class, &["."]);
    assert_eq!(
        found,
        marks(&[("alice", "passed"), ("dave", "does-not-load")])
    );
    let line = r#"not graded: ".\x1b[2J.js", ".bob.js", "__MACOSX""#;
    assert!(said.contains(line), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    let report = Eco::new(&["grade", &lines(), ".", "--report", "tap=-"]);
    let report = report.inside(&class).run(b"").text();
    assert!(report.contains("passed over"), "{report}");
    // What is named is graded, whatever its name.
    let (found, _) = graded_in(&class, &[".bob.js", "alice.js"]);
    assert_eq!(found, marks(&[(".bob", "passed"), ("alice", "passed")]));
}

#[test]
fn two_of_one_name_are_told_apart() {
    let class = empty_folder("names");
    hand_in(&class, "alice.js", ECHO);
    hand_in(
        &class,
        "alice.lua",
        "function receive(chunk) return chunk end",
    );
    let run = Eco::new(&["grade", &lines(), &class.display().to_string()]).run(b"");
    assert!(
        run.text().contains("alice.js ") && run.text().contains("alice.lua "),
        "{}",
        run.text()
    );
    hand_in(&class, "one/plugin.js", ECHO);
    hand_in(&class, "two/plugin.js", ECHO);
    let grade = |paths: [&str; 2]| {
        let grade = Eco::new(&["grade", &lines()]).args(&paths);
        grade.inside(&class).run(b"")
    };
    let run = grade(["one/plugin.js", "two/plugin.js"]);
    assert!(
        run.text().contains("one/plugin ") && run.text().contains("two/plugin "),
        "{}",
        run.text()
    );
    let run = grade(["one/plugin.js", "one/plugin.js"]);
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(run.stderr.contains("named twice"), "{}", run.stderr);
}

#[test]
fn names_of_any_kind_are_graded_and_reported() {
    use std::os::unix::ffi::OsStrExt as _;
    let class = empty_folder("any-names");
    let long = "é".repeat(100) + ".js";
    for name in [
        b"bob\xfe.js".as_slice(),
        b"bob\xff.js",
        b"=cmd|' C calc'!A0.js",
        b"two\nlines.js",
        b"'quoted' & <b>\"bold\".js",
        long.as_bytes(),
    ] {
        let path = class.join(std::ffi::OsStr::from_bytes(name));
        std::fs::write(path, ECHO).expect("it can be written");
    }
    let out = empty_folder("any-names-reports");
    let report = format!("gradescope={}/{{name}}.json", out.display());
    let class = class.display().to_string();
    let run = Eco::new(&["grade", &lines(), &class, "--report", &report]).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.text().contains("6 submissions"), "{}", run.text());
    assert_eq!(out.read_dir().expect("a folder").count(), 6);
}

#[test]
fn the_table_says_who_got_what_and_why() {
    let class = empty_folder("table");
    hand_in(&class, "alice.js", ECHO);
    hand_in(
        &class,
        "bob.lua",
        std::fs::read(solution()).expect("it can be read"),
    );
    let run = Eco::new(&["grade", &lines(), &class.display().to_string()]).run(b"");
    let expected = "\
student  points  passed    CPU  first failure
alice     10.00     5/6    2 %  extra-bytes: quit closes
bob       12.00     6/6    1 %  –
2 submissions, 11.00 of 12 points on average; exercise: lines, from a folder, ";
    let text = run.text();
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn hidden_cases_are_graded_and_not_checked() {
    let exercise = empty_folder("hides");
    let head = "format = 1\nslug = \"hides\"\ntitle = \"Hides\"\npoints = 4\n";
    let case = |name: &str, hex: &str| {
        format!(
            "[[cases]]\nname = \"{name}\"\nsteps = [{{ send = \"a\" }}, {{ expect = \"{hex}\" }}]\n"
        )
    };
    hand_in(
        &exercise,
        "exercise.toml",
        format!("{head}{}", case("seen", "a")),
    );
    hand_in(
        &exercise,
        "hidden.toml",
        format!("format = 1\n{}", case("unseen", "b")),
    );
    let exercise = exercise.display().to_string();
    let checked = Eco::new(&["check", &exercise, "echo"]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
    assert!(!checked.text().contains("unseen"), "{}", checked.text());
    let class = empty_folder("hides-class");
    hand_in(&class, "alice.js", ECHO);
    let graded = Eco::new(&["grade", &exercise, &class.display().to_string()]).run(b"");
    assert!(graded.text().contains("2.00     1/2"), "{}", graded.text());
    assert!(
        graded.text().contains("wrong-bytes: unseen"),
        "{}",
        graded.text()
    );
}

#[test]
fn what_eco_can_not_judge_has_no_mark() {
    let exercise = empty_folder("broken-judge");
    let toml = "format = 1\nslug = \"b\"\ntitle = \"B\"\npoints = 4\n[[cases]]\nname = \"judged\"\nweight = 3\njudge = \"judge.js\"\n[[cases]]\nname = \"fine\"\nsteps = [{ send = \"a\" }, { expect = \"a\" }]\n";
    hand_in(&exercise, "exercise.toml", toml);
    hand_in(
        &exercise,
        "judge.js",
        "function start() { throw new Error('oh'); } function replied() {}",
    );
    let class = empty_folder("broken-judge-class");
    hand_in(&class, "alice.js", ECHO);
    let run = Eco::new(&[
        "grade",
        &exercise.display().to_string(),
        &class.display().to_string(),
    ])
    .run(b"");
    assert_eq!(run.code, 70, "{}", run.stderr);
    assert!(run.text().contains("–     1/2"), "{}", run.text());
    assert!(run.text().contains("internal: judged"), "{}", run.text());
    assert!(run.stderr.contains("have no mark"), "{}", run.stderr);
}

#[test]
fn reports_go_where_they_are_sent() {
    let class = empty_folder("reported");
    hand_in(&class, "alice.js", ECHO);
    hand_in(&class, "b b.js", ECHO);
    let out = empty_folder("reports");
    std::fs::create_dir(out.join("made")).expect("a folder can be made");
    let path = |name: &str| out.join(name).display().to_string();
    let mut arguments = vec!["grade".to_owned(), lines(), class.display().to_string()];
    for report in [
        "csv=marks.csv",
        "junit=a.xml",
        "tap=a.tap",
        "html=a.html",
        "json=a.json",
        "gradescope=made/{name}/results.json",
        "exercism={name}.e.json",
    ] {
        let (format, name) = report.split_once('=').expect("two parts");
        arguments.extend(["--report".to_owned(), format!("{format}={}", path(name))]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = Eco::new(&arguments).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.text().contains("2 submissions"), "{}", run.text());
    let starts = [
        ("marks.csv", "\"submission\","),
        ("a.xml", "<?xml"),
        ("a.tap", "TAP version 14\n"),
        ("a.html", "<!doctype html>"),
        ("a.json", "{"),
        ("made/alice/results.json", "{"),
        ("made/b%20b/results.json", "{"),
        ("alice.e.json", "{"),
        ("b%20b.e.json", "{"),
    ];
    for (name, start) in starts {
        let report = std::fs::read_to_string(path(name)).expect(name);
        assert!(report.starts_with(start), "{name}: {report}");
    }
}

#[test]
fn reports_that_make_no_sense_are_refused_before_anything_runs() {
    let class = empty_folder("refused");
    hand_in(&class, "alice.js", ECHO);
    hand_in(&class, "bob.js", ECHO);
    let class = class.display().to_string();
    for (report, words) in [
        ("json", "FORMAT=FILE"),
        ("pdf=a", "gradescope"),
        ("json=", "missing after ="),
        ("gradescope=all.json", "{name}"),
        ("exercism=-", "{name}"),
        ("json=/none/at/all/all.json", "no folder /none/at/all"),
        ("csv={name}.csv", "whole class"),
    ] {
        let run = Eco::new(&["grade", &lines(), &class, "--report", report]).run(b"");
        assert_eq!(run.code, 64, "{report}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{report}: {}", run.stderr);
    }
    // One folder is not made either: nobody has asked for it.
    let around = empty_folder("no-folder");
    for report in [
        "html=none/x.html",
        "gradescope=none/{name}.json",
        "gradescope=none/{name}/{name}.json",
    ] {
        let run = Eco::new(&["grade", &lines(), &class, "--report", report]);
        let run = run.inside(&around).run(b"");
        assert_eq!(run.code, 64, "{report}: {}", run.stderr);
        assert!(run.stderr.contains("no folder none"), "{}", run.stderr);
        assert_eq!(around.read_dir().expect("a folder").count(), 0, "{report}");
    }
    let empty = empty_folder("empty-class").display().to_string();
    for (submissions, words) in [(empty.as_str(), "no submissions"), ("/none", "/none")] {
        let run = Eco::new(&["grade", &lines(), submissions]).run(b"");
        assert_eq!(run.code, 64, "{}", run.stderr);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}

#[test]
fn a_terminal_sees_how_far_it_is() {
    let class = empty_folder("progress");
    hand_in(&class, "alice.js", ECHO);
    let (far, shown) = terminal();
    let mut grade = Command::new(binary());
    grade
        .args(["grade", &lines(), &class.display().to_string()])
        .env("TERM", "xterm");
    grade
        .stdout(Stdio::null())
        .stderr(Stdio::from(far))
        .status()
        .expect("it runs");
    drop(grade);
    let shown = shown.join().expect("the terminal closes");
    assert!(shown.contains("of 1 submissions"), "{shown}");
}

#[test]
fn a_hostile_submission_disturbs_no_other() {
    let class = empty_folder("hostile");
    for (name, file) in [
        ("loops", "loops.js"),
        ("eats", "eats-memory.lua"),
        ("floods", "floods-the-log.js"),
    ] {
        let text = std::fs::read(project_file(&format!("tests/exercises/wrong/{file}")));
        let text = text.expect("it can be read");
        for copy in 0..4 {
            let end = file.rsplit('.').next().expect("an end");
            hand_in(&class, &format!("{name}{copy}.{end}"), &text);
        }
    }
    for copy in 0..4 {
        hand_in(
            &class,
            &format!("good{copy}.lua"),
            std::fs::read(solution()).expect("it can be read"),
        );
    }
    let run = Eco::new(&["grade", &lines(), &class.display().to_string(), "-j", "8"]).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for copy in 0..4 {
        let line = format!("good{copy}     12.00     6/6");
        assert!(run.text().contains(&line), "{}", run.text());
    }
}
