//! The names of submissions: only those that collide get longer.

use crate::grading::submissions::{echo, grade, names, of, put, short, silent, verdicts};
use crate::support::empty_folder;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

#[test]
fn a_file_that_can_be_no_plugin_makes_no_name_of_a_plugin_longer() {
    let class = empty_folder("junk");
    for (path, bytes) in [
        ("a/anna.wat", echo()),
        ("a/anna.txt", Vec::new()),
        ("a/anna", Vec::new()),
        ("a/ben/plugin.wat", echo()),
        ("a/ben.pdf", Vec::new()),
        ("a/carol.wat", echo()),
        ("a/carol/notes.txt", Vec::new()),
        // The whole name of one is the short name of another.
        ("a/dora.txt", Vec::new()),
        ("a/dora.js", Vec::new()),
        ("a/dora.txt.js", Vec::new()),
        ("b/anna.md", Vec::new()),
        ("b/erin.wat", echo()),
    ] {
        put(&class, path, bytes);
    }
    symlink("anna.wat", class.join("a/carol.js")).expect("a link can be made");
    let exercise = short("junk-exercise");
    let one = [
        "./anna",
        "./dora.txt",
        "anna",
        "anna.txt",
        "ben",
        "ben.pdf",
        "carol",
        "carol.js",
        "carol/",
        "dora",
        "dora.txt",
    ];
    let run = grade(&exercise, &class.join("a"), &["."]).run(b"");
    assert_eq!(names(&run), one);
    let found = verdicts(&run.stdout);
    for plugin in ["anna", "ben", "carol"] {
        assert!(of(&found, plugin).starts_with("passed"), "{found:?}");
    }
    let run = grade(&exercise, &class, &["a", "b", "--class"]).run(b"");
    let mut both = one.to_vec();
    both.extend(["b/anna", "erin"]);
    both.sort_unstable();
    assert_eq!(names(&run), both);
}

#[test]
fn one_of_several_paths_that_is_not_there_ends_nothing() {
    let groups = empty_folder("gone");
    put(&groups, "a/anna.wat", echo());
    put(&groups, "README.txt", "");
    let exercise = short("gone-exercise");
    let run = grade(&exercise, &groups, &["a/anna.wat", "a/gone.wat"]).run(b"");
    assert_eq!(run.code, 70, "{}", run.stderr);
    assert!(
        run.stderr.contains(r#"not to be read: "gone""#),
        "{}",
        run.stderr
    );
    let found = verdicts(&run.stdout);
    assert!(of(&found, "anna").starts_with("passed"), "{found:?}");
    assert!(of(&found, "gone").starts_with("internal"), "{found:?}");
    let run = grade(&exercise, &groups, &["a", "README.txt", "none", "--class"]).run(b"");
    assert_eq!(names(&run), ["anna"]);
    for left_out in ["README.txt", "none"] {
        let line = format!("left out: cannot read the submissions in {left_out}");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    for alone in [&["a/gone.wat"][..], &["README.txt", "--class"]] {
        let run = grade(&exercise, &groups, alone).run(b"");
        assert_eq!(run.code, 64, "{alone:?}: {}", run.stderr);
    }
}

#[test]
fn only_names_that_collide_get_longer() {
    let class = empty_folder("colliding");
    put(&class, "anna.wat", echo());
    put(&class, "anna/plugin.wat", silent());
    put(&class, "ben.wat", echo());
    put(&class, "carol/plugin.wat", echo());
    // Each takes the longer name of the one before.
    put(&class, "dora.wat", echo());
    put(&class, "dora.wasm", "");
    put(&class, "dora.wat.js", "");
    put(&class, "dora.wat.js.lua", "");
    let exercise = short("colliding-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    let expected = [
        "anna.wat",
        "anna/",
        "ben",
        "carol",
        "dora.wasm",
        "dora.wat",
        "dora.wat.js",
        "dora.wat.js.lua",
    ];
    assert_eq!(names(&run), expected);
    let found = verdicts(&run.stdout);
    assert!(of(&found, "anna.wat").starts_with("passed"), "{found:?}");
    assert!(
        of(&found, "anna/").starts_with("missing-bytes"),
        "{found:?}"
    );
}

#[test]
fn students_of_two_classes_are_told_apart_by_their_class() {
    let groups = empty_folder("two-classes");
    for path in [
        "a/anna.wat",
        "a/ben.wat",
        "b/anna.wat",
        "b/carol.wat",
        "b/carol/plugin.wat",
    ] {
        put(&groups, path, echo());
    }
    let exercise = short("two-classes-exercise");
    let run = grade(&exercise, &groups, &["a", "b/", "--class"]).run(b"");
    assert_eq!(
        names(&run),
        ["a/anna", "b/anna", "ben", "carol.wat", "carol/"]
    );
    let run = grade(
        &exercise,
        &groups.join("a"),
        &["../b/anna.wat", "anna.wat", "ben.wat"],
    );
    assert_eq!(names(&run.run(b"")), ["../b/anna", "anna", "ben"]);
    // A path that the teacher typed twice.
    for twice in [
        &["a/anna.wat", "./a/./anna.wat"][..],
        &["a", "./a/.", "--class"],
    ] {
        let run = grade(&exercise, &groups, twice).run(b"");
        assert_eq!(run.code, 64, "{twice:?}: {}", run.stderr);
        assert!(run.stderr.contains("named twice"), "{}", run.stderr);
    }
    // A link that a student made may lead to one place by two ways: nobody knows whose it is.
    let absolute = groups.join("a/anna.wat").display().to_string();
    for (ways, expected) in [
        (["a/anna.wat", "b/../a/anna.wat"], ["a/anna", "b/../a/anna"]),
        (
            ["a/anna.wat", &absolute],
            ["a/anna", absolute.trim_end_matches(".wat")],
        ),
    ] {
        let run = grade(&exercise, &groups, &ways).run(b"");
        assert_eq!(run.code, 70, "{ways:?}: {}", run.stderr);
        let found = verdicts(&run.stdout);
        assert_eq!(found.len(), 2);
        for name in expected {
            assert!(of(&found, name).starts_with("internal"), "{found:?}");
        }
    }
    // From within a student's folder, its name is the student's.
    let run = grade(&exercise, &groups.join("b/carol"), &[".", "--class=no"]).run(b"");
    assert_eq!(names(&run), ["carol"]);
}

#[test]
fn no_two_names_are_written_as_one() {
    let class = empty_folder("written-names");
    let files: [&[u8]; 5] = [
        b"m\xff.wat",
        br"m\xff.wat",
        br"m\\xff.wat",
        b"m\xfe.wat",
        b"m\n.wat",
    ];
    for file in files {
        let path = class.join(std::ffi::OsStr::from_bytes(file));
        fs::write(path, echo()).expect("it can be written");
    }
    let exercise = short("written-names-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    assert_eq!(
        names(&run),
        ["m\n", r"m\\\\xff", r"m\\xff", r"m\xfe", r"m\xff"]
    );
}
