//! Where reports go, whatever lies there and whatever students are called, and what is there of them when grading is cut off.
#![cfg(unix)]

use crate::guests::empty_folder;
use crate::harness::{Eco, Exited, binary};
use crate::support::{handler, project_file};
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Nothing here takes this long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

const SECRET: &str = "export SECRET=1\n";

/// A folder with an empty class, and with a file of the teacher's that nothing may change.
fn place(name: &str) -> PathBuf {
    let place = empty_folder(name);
    std::fs::create_dir(place.join("class")).unwrap();
    std::fs::create_dir(place.join("home")).unwrap();
    std::fs::write(place.join("home/.profile"), SECRET).unwrap();
    place
}

/// What a student hands in: an echo, in a folder of this name.
fn hand_in(place: &Path, name: &str) {
    let folder = place.join("class").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(
        project_file("plugins/echo/echo.wat"),
        folder.join("echo.wat"),
    )
    .unwrap();
}

fn grade(place: &Path, submissions: &[&str], reports: &[&str]) -> Exited {
    let reports = reports.iter().flat_map(|report| ["--report", report]);
    let reports: Vec<&str> = reports.collect();
    let grade = Eco::new(&["grade", "echo"])
        .args(submissions)
        .args(&reports);
    grade.inside(place).run(b"")
}

#[track_caller]
fn assert_untouched(place: &Path) {
    let home = place.join("home");
    assert_eq!(
        std::fs::read_to_string(home.join(".profile")).unwrap(),
        SECRET
    );
    assert_eq!(home.read_dir().unwrap().count(), 1, "a file was made");
}

#[track_caller]
fn json(path: PathBuf) -> Value {
    assert!(!path.is_symlink(), "{}", path.display());
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn no_report_is_written_through_a_link_that_was_handed_in() {
    let place = place("reports-links");
    for name in ["anna", "ben", "carla", "dan"] {
        hand_in(&place, name);
    }
    let class = place.join("class");
    symlink("../../home/.profile", class.join("ben/results.json")).unwrap();
    symlink("../home", class.join("mallory")).unwrap();
    symlink("../../home", class.join("carla/out")).unwrap();
    let pipe = Command::new("mkfifo")
        .arg(class.join("dan/results.json"))
        .status();
    assert!(pipe.unwrap().success());
    let reports = [
        "gradescope=class/{name}/results.json",
        "exercism=class/{name}/out/results.json",
        "csv=class/marks.csv",
    ];
    symlink("../home/.profile", class.join("marks.csv")).unwrap();
    let run = grade(&place, &["class"], &reports);
    assert_untouched(&place);
    // The others' are there, and the exit code tells.
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(
        run.stderr.contains("it is a link; and 2 more reports"),
        "{}",
        run.stderr
    );
    for name in ["anna", "ben", "carla", "dan"] {
        let report = json(class.join(name).join("results.json"));
        assert_eq!(report["score"], 10.0, "{name}");
    }
    for name in ["anna", "ben", "dan"] {
        json(class.join(name).join("out/results.json"));
    }
    assert!(
        std::fs::read_to_string(class.join("marks.csv"))
            .unwrap()
            .starts_with("\"submission\"")
    );
    // Nor where the folder itself is named.
    let run = grade(
        &place,
        &["class"],
        &["gradescope=class/mallory/{name}.json"],
    );
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(
        run.stderr.contains("a link on the way was handed in"),
        "{}",
        run.stderr
    );
    assert_untouched(&place);
    // Nor where each student is.
    let students = ["class/anna", "class/mallory"];
    let run = grade(&place, &students, &["gradescope=class/{name}/.profile"]);
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert_untouched(&place);
    json(class.join("anna/.profile"));
}

#[test]
fn what_a_teacher_typed_may_have_links_on_its_way_and_is_a_file() {
    let place = place("reports-typed");
    hand_in(&place, "anna");
    let marks = place.join("marks");
    std::fs::create_dir(&marks).unwrap();
    symlink("marks", place.join("link")).unwrap();
    symlink("../home/.profile", marks.join("link.csv")).unwrap();
    std::fs::create_dir(marks.join("folder.csv")).unwrap();
    let pipe = Command::new("mkfifo").arg(marks.join("pipe.csv")).status();
    assert!(pipe.unwrap().success());
    let run = grade(
        &place,
        &["class"],
        &["csv=link/a.csv", "gradescope=link/{name}/a.json"],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    json(marks.join("anna/a.json"));
    for (path, words) in [
        (
            "link/link.csv",
            "it is a link: name the file that it leads to",
        ),
        ("marks/pipe.csv", "it is a pipe or a device"),
        ("marks/folder.csv", "it is a folder"),
        ("marks/", "it is a folder"),
        (
            "/dev/full",
            "it is a pipe or a device, and no file (- writes to stdout)",
        ),
        ("/dev/stdout", "- writes to stdout"),
        (
            "class/anna/echo.wat/x",
            "there is no folder class/anna/echo.wat",
        ),
    ] {
        let run = grade(&place, &["class"], &[&format!("csv={path}")]);
        assert_eq!(run.code, 64, "{path}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{path}: {}", run.stderr);
        assert_eq!(run.text(), "", "{path}: something ran");
    }
    let run = grade(
        &place,
        &["class/anna/echo.wat"],
        &["csv=class/anna/echo.wat"],
    );
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(run.stderr.contains("it was handed in"), "{}", run.stderr);
    assert_untouched(&place);
}

#[test]
fn no_two_reports_have_one_path_and_the_teachers_stays() {
    let place = place("reports-paths");
    for name in ["class", "anna", "Anna", "marks.csv"] {
        hand_in(&place, name);
    }
    let reports = [
        "gradescope={name}.json",
        "json=Class.json",
        "exercism={name}",
        "csv=marks.csv",
    ];
    let run = grade(&place, &["class"], &reports);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for words in [
        "so that theirs are longer",
        "class~3.json",
        "anna~2.json",
        "marks.csv~4",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    assert_eq!(
        json(place.join("Class.json"))["submissions"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    for path in ["class~3.json", "Anna.json", "anna~2.json", "marks.csv.json"] {
        assert_eq!(json(place.join(path))["score"], 10.0, "{path}");
    }
    assert_eq!(json(place.join("marks.csv~4"))["status"], "pass");
    let table = std::fs::read_to_string(place.join("marks.csv")).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    for reports in [
        ["csv=a", "json=./a"],
        ["csv=-", "json=-"],
        ["gradescope={name}.json", "exercism=class/../{name}.json"],
        ["gradescope={name}", "exercism={name}/a"],
    ] {
        let run = grade(&place, &["class"], &reports);
        assert_eq!(run.code, 64, "{reports:?}: {}", run.stderr);
        assert!(
            run.stderr.contains("the same file"),
            "{reports:?}: {}",
            run.stderr
        );
    }
}

/// A name is written in a path in another way than in a folder, and somebody may be called as that is.
#[test]
fn nobody_gets_the_report_on_another() {
    let place = place("reports-others");
    let names = ["Anna Smith", "Anna%20Smith", "Anna%20Smith~1"];
    names.iter().for_each(|name| hand_in(&place, name));
    let run = grade(&place, &["class"], &["exercism=class/{name}/results.json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for name in names {
        let report = place.join("class").join(name).join("results.json");
        assert!(!report.exists(), "{name}");
    }
    json(place.join("class/Anna%20Smith~1~1/results.json"));
}

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
    // What begins with a dot is passed over, and said to be.
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
    assert!(warned(&["html=class/all.html"]));
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
    while !std::fs::read_to_string(place.join("all.html")).is_ok_and(|page| page.contains("carla"))
    {
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
fn the_page_of_a_load_is_a_new_file_too() {
    let place = place("reports-page");
    symlink("home/.profile", place.join("link.html")).unwrap();
    for (path, words) in [
        ("link.html", "it is a link: name the file that it leads to"),
        ("/dev/full", "it is a pipe or a device"),
        ("home", "it is a folder"),
    ] {
        let load = Eco::new(&["load", "--to", "127.0.0.1:9", "-n", "1", "--html", path]);
        let run = load.inside(&place).run(b"");
        assert_eq!(run.code, 64, "{path}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{path}: {}", run.stderr);
    }
    assert_untouched(&place);
}
