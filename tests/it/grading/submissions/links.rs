//! Links in submissions, and submissions that are exchanged while the class is graded.

use crate::grading::submissions::{
    echo, exercise, grade, loops, names, of, put, short, silent, verdicts, wait_for_journal,
};
use crate::harness::Eco;
use crate::support::empty_folder;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

#[test]
fn a_submission_that_is_exchanged_after_the_look_is_not_graded() {
    let exercise = exercise("exchanged-exercise", 3, 2_000_000_000);
    let (class, cache) = (empty_folder("exchanged"), empty_folder("exchanged-cache"));
    let solution = empty_folder("exchanged-solution");
    put(&solution, "plugin.wat", echo());
    put(&class, "anna.wat", echo());
    put(&class, "loops.wat", loops());
    for mallory in [
        "m1.wat",
        "m2/plugin.wat",
        "m3/plugin.wat",
        "m4.wat",
        "m5.wat",
        "m6.wat",
        "m7.wat",
        "m8/plugin.wat",
    ] {
        put(&class, mallory, silent());
    }
    put(&class, "olga.wat", echo());
    let report = empty_folder("exchanged-reports").join("class.json");
    let to = format!("json={}", report.display());
    let grade = Eco::new(&[
        "grade",
        &exercise.display().to_string(),
        ".",
        "-j",
        "1",
        "-r",
        &to,
    ]);
    let grade = grade.inside(&class).env("XDG_CACHE_HOME", &cache).follow();
    // Anna is graded: the look is over, and the next one takes long.
    wait_for_journal(&cache, 1);
    let at = |path: &str| class.join(path);
    let instead = |path: &str| fs::remove_file(at(path)).expect("it can be removed");
    instead("m1.wat");
    symlink(solution.join("plugin.wat"), at("m1.wat")).expect("a link can be made");
    fs::remove_dir_all(at("m2")).expect("it can be removed");
    symlink(&solution, at("m2")).expect("a link can be made");
    instead("m3/plugin.wat");
    symlink(solution.join("plugin.wat"), at("m3/plugin.wat")).expect("a link can be made");
    instead("m4.wat");
    fs::hard_link(at("anna.wat"), at("m4.wat")).expect("a link can be made");
    instead("m5.wat");
    let made = std::process::Command::new("mkfifo")
        .arg(at("m5.wat"))
        .status();
    assert!(made.expect("there is mkfifo").success());
    instead("m6.wat");
    // As an editor saves it, and as a student who hands in anew.
    put(&class, ".new", silent());
    fs::rename(at(".new"), at("m7.wat")).expect("it can be renamed");
    fs::remove_dir_all(at("m8")).expect("it can be removed");
    put(&class, "m8/plugin.wat", echo());
    grade.said("11 submissions");
    let found = verdicts(&fs::read(report).expect("it was written"));
    let exchanged = "exchanged while the class was graded";
    for (mallory, verdict, words) in [
        ("m1", "does-not-load", exchanged),
        ("m2", "does-not-load", exchanged),
        ("m3", "does-not-load", exchanged),
        ("m4", "internal", exchanged),
        ("m5", "does-not-load", exchanged),
        ("m6", "internal", "it is not there"),
        ("m7", "internal", exchanged),
        ("m8", "internal", exchanged),
    ] {
        let said = of(&found, mallory);
        assert!(said.starts_with(verdict), "{mallory}: {said}");
        assert!(said.contains(words), "{mallory}: {said}");
    }
    for honest in ["anna", "olga"] {
        assert!(of(&found, honest).starts_with("passed"), "{found:?}");
    }
    assert!(of(&found, "loops").starts_with("out-of-cpu"), "{found:?}");
}

#[test]
fn submissions_that_are_one_file_have_no_mark_and_name_each_other() {
    let class = empty_folder("hard-links");
    put(&class, "anna.wat", echo());
    put(&class, "olga.wat", echo());
    put(&class, "mallory/notes.txt", "");
    for link in ["ben\u{1b}.wat", "mallory/plugin.wat"] {
        fs::hard_link(class.join("anna.wat"), class.join(link)).expect("a link can be made");
    }
    let exercise = short("hard-links-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    assert_eq!(run.code, 70, "{}", run.stderr);
    let found = verdicts(&run.stdout);
    assert!(of(&found, "olga").starts_with("passed"), "{found:?}");
    for (name, others) in [
        ("anna", ["mallory", r"ben\\x1b"]),
        ("ben\u{1b}", ["anna", "mallory"]),
        ("mallory", ["anna", r"ben\\x1b"]),
    ] {
        let said = of(&found, name);
        assert!(said.starts_with("internal"), "{said}");
        assert!(said.contains("hard link"), "{said}");
        for other in others {
            assert!(said.contains(other), "{name}, {other}: {said}");
        }
    }
}

#[test]
fn of_several_paths_no_link_on_the_way_is_followed() {
    let groups = empty_folder("ways");
    for path in [
        "own/hand-in/plugin.wat",
        "g/anna/hand-in/plugin.wat",
        "g/ben/hand-in/plugin.wat",
    ] {
        put(&groups, path, echo());
    }
    let exercise = short("ways-exercise");
    let way = "a part of the way to it is a link";
    for to in ["../own", "anna", "nowhere"] {
        let _ = fs::remove_file(groups.join("g/mallory"));
        symlink(to, groups.join("g/mallory")).expect("a link can be made");
        for end in ["hand-in/plugin.wat", "hand-in"] {
            let paths = ["anna", "ben", "mallory"].map(|name| format!("g/{name}/{end}"));
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let run = grade(&exercise, &groups, &paths).run(b"");
            assert_eq!(run.code, 0, "{}", run.stderr);
            let found = verdicts(&run.stdout);
            let name = |student: &str| {
                let end = end.trim_end_matches(".wat");
                format!("g/{student}/{end}")
            };
            let mallory = of(&found, &name("mallory"));
            assert!(mallory.starts_with("does-not-load"), "{to}: {mallory}");
            assert!(mallory.contains(way), "{to}: {mallory}");
            for honest in ["anna", "ben"] {
                assert!(of(&found, &name(honest)).starts_with("passed"), "{found:?}");
            }
        }
        // A class that is a link is none, and ends no other.
        let run = grade(&exercise, &groups, &["g/anna", "g/mallory", "--class"]).run(b"");
        assert_eq!(names(&run), ["hand-in"]);
        assert!(run.stderr.contains("left out"), "{}", run.stderr);
    }
    // The teacher's own link is before what the paths have in common.
    symlink("g", groups.join("mine")).expect("a link can be made");
    let run = grade(
        &exercise,
        &groups,
        &["mine/anna/hand-in", "mine/ben/hand-in"],
    )
    .run(b"");
    assert_eq!(names(&run), ["mine/anna/hand-in", "mine/ben/hand-in"]);
    // Nor does a link make the exercise a part of what is handed in.
    let inside = groups.join("own/hand-in/exercise");
    put(
        &inside,
        "exercise.toml",
        fs::read(Path::new(&exercise).join("exercise.toml")).expect("it is there"),
    );
    let _ = fs::remove_file(groups.join("g/mallory"));
    symlink("../own", groups.join("g/mallory")).expect("a link can be made");
    let paths = ["g/anna/hand-in", "g/mallory/hand-in"];
    let run = grade(&inside.display().to_string(), &groups, &paths).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
}
