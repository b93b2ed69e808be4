//! The folder of a class: who its students are, and their names.

use crate::grading::{ECHO, hand_in, solution};
use crate::harness::Eco;
use crate::judging::verdicts::lines;
use crate::support::empty_folder;
use serde_json::Value;
use std::path::Path;

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
fn files_that_are_passed_over_are_named() {
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
    // A path that is named is graded, also one that begins with a dot.
    let (found, _) = graded_in(&class, &[".bob.js", "alice.js"]);
    assert_eq!(found, marks(&[(".bob", "passed"), ("alice", "passed")]));
}

#[test]
fn students_of_one_name_are_told_apart() {
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
