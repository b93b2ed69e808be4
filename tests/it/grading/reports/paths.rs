//! The paths of reports: no link of a student is followed, and no file is replaced but an earlier report.

use crate::grading::reports::{SECRET, grade, hand_in, json, place};
use crate::harness::Eco;
use crate::support::project_file;
use serde_json::Value;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

#[track_caller]
fn assert_untouched(place: &Path) {
    let home = place.join("home");
    assert_eq!(
        std::fs::read_to_string(home.join(".profile")).unwrap(),
        SECRET
    );
    assert_eq!(home.read_dir().unwrap().count(), 1, "a file was made");
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
    ];
    let run = grade(&place, &["class"], &reports);
    assert_untouched(&place);
    // The others' are there, and the exit code tells.
    assert_eq!(run.code, 64, "{}", run.stderr);
    assert!(
        run.stderr.contains("there is no folder of this submission")
            && run.stderr.contains("; and 2 more reports"),
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
    assert_eq!(class.read_dir().unwrap().count(), 5, "a folder was made");
}

#[test]
fn a_path_that_the_teacher_typed_may_have_links_on_its_way_and_is_a_file() {
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
    assert!(
        run.stderr.contains("it lies in what was handed in"),
        "{}",
        run.stderr
    );
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
        "json=class.json",
        "exercism={name}",
        "csv=marks.csv",
    ];
    let run = grade(&place, &["class"], &reports);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for words in ["so that theirs are longer", "class~", "marks.csv~"] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    assert_eq!(
        json(place.join("class.json"))["submissions"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let longer = |start: &str| {
        let all = place.read_dir().unwrap();
        let mut all = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        place.join(all.find(|name| name.starts_with(start)).unwrap())
    };
    for path in ["Anna.json", "anna.json", "marks.csv.json"] {
        assert_eq!(json(place.join(path))["score"], 10.0, "{path}");
    }
    assert_eq!(json(longer("class~"))["score"], 10.0);
    assert_eq!(json(longer("marks.csv~"))["status"], "pass");
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
fn a_student_has_the_report_in_the_folder_that_was_handed_in() {
    let place = place("reports-own");
    let names = [
        "Anna Smith",
        "Anna%20Smith",
        "Jörg, B",
        "Mallory",
        "mallory",
        "x\u{202e}y",
    ];
    let class = place.join("class");
    for name in names {
        hand_in(&place, name);
        // A report as a student would like it, which everybody may write to.
        let planted = class.join(name).join("results.json");
        std::fs::write(&planted, "{\"score\": 11.0}").unwrap();
        std::fs::set_permissions(&planted, PermissionsExt::from_mode(0o666)).unwrap();
    }
    // A file has no folder, and none is made for it.
    std::fs::copy(
        project_file("plugins/echo/echo.wat"),
        class.join("file.wat"),
    )
    .unwrap();
    let run = grade(
        &place,
        &["class"],
        &["gradescope=class/{name}/results.json"],
    );
    assert_eq!(run.code, 64, "{}", run.stderr);
    let words = "class/file/results.json: there is no folder of this submission";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let mask = place.join("any");
    std::fs::write(&mask, "").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    for name in names {
        let report = class.join(name).join("results.json");
        assert_eq!(mode(&report), mode(&mask), "{name}");
        assert_eq!(json(report)["score"], 10.0, "{name}");
    }
    assert_eq!(class.read_dir().unwrap().count(), names.len() + 1);
    // The next time there are as many.
    std::fs::remove_file(class.join("file.wat")).unwrap();
    let reports = ["exercism=class/{name}/{name}.json", "json=-"];
    let run = grade(&place, &["class"], &reports);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let all: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(all["submissions"].as_array().unwrap().len(), names.len());
    json(class.join("Anna Smith/Anna%20Smith.json"));
    // Each student may be named too.
    let run = grade(
        &place,
        &["class/Anna Smith", "class/mallory"],
        &["exercism=class/{name}/each.json"],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    json(class.join("Anna Smith/each.json"));
}

#[test]
fn no_report_is_taken_for_a_submission_or_a_part_of_the_exercise() {
    let place = place("reports-refused");
    hand_in(&place, "anna");
    let start = Eco::new(&["exercise", "start", "echo", "copy", "--hidden"]).inside(&place);
    assert_eq!(start.run(b"").code, 0);
    let before = std::fs::read(place.join("copy/hidden.toml")).unwrap();
    symlink("class", place.join("link")).unwrap();
    for report in [
        "csv=class/marks.csv",
        "csv=class/anna/marks.csv",
        "csv=link/marks.csv",
        "gradescope=class/{name}.json",
        "gradescope=class/{name}",
        "gradescope=class/all/{name}/results.json",
        "gradescope=class/x{name}/results.json",
        "gradescope=class/anna/{name}.json",
        "gradescope=class/{name}/plugin.js",
        "csv=copy/exercise.toml",
        "csv=copy/marks.csv",
        "exercism=copy/{name}.toml",
    ] {
        std::fs::create_dir_all(place.join("class/all")).unwrap();
        let grade = Eco::new(&["grade", "./copy", "class", "--report", report]);
        let run = grade.inside(&place).run(b"");
        assert_eq!(run.code, 64, "{report}: {}", run.stderr);
        let words = ["it lies in", "it would be taken for a plugin"];
        let is_said = words.iter().any(|words| run.stderr.contains(words));
        assert!(is_said, "{report}: {}", run.stderr);
        assert_eq!(run.text(), "", "{report}: something ran");
    }
    assert_eq!(
        std::fs::read(place.join("copy/hidden.toml")).unwrap(),
        before
    );
    assert_eq!(place.join("class").read_dir().unwrap().count(), 2);
    assert_eq!(place.join("class/anna").read_dir().unwrap().count(), 1);
    // A student's name leads to no place in the exercise either.
    hand_in(&place, "copy");
    let grade = Eco::new(&["grade", "./copy", "class", "--report"]);
    let grade = grade.args(&["exercism={name}/hidden.toml"]);
    let run = grade.inside(&place).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        std::fs::read(place.join("copy/hidden.toml")).unwrap(),
        before
    );
}

/// The report at a student's path has the mark of now.
#[test]
fn no_earlier_mark_stays_where_a_student_has_another_path() {
    let place = place("reports-earlier");
    let out = place.join("out");
    std::fs::create_dir(&out).unwrap();
    let form = ["gradescope=out/{name}.json"];
    let names = ["Anna Smith", "Zoe", "ben"];
    names.iter().for_each(|name| hand_in(&place, name));
    assert_eq!(grade(&place, &["class"], &form).code, 0);
    let wrong = "no module";
    for (name, other) in [("Anna Smith", "Anna%20Smith"), ("Zoe", "ZOE")] {
        let plugin = place.join("class").join(name).join("echo.wat");
        std::fs::write(plugin, wrong).unwrap();
        hand_in(&place, other);
    }
    // Both are plugins, so that neither has the name alone.
    std::fs::write(place.join("class/ben.wat"), wrong).unwrap();
    let teachers = "{\"name\": \"the teacher's own\"}";
    let run = grade(&place, &["class"], &form);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (path, score) in [
        ("Anna%20Smith", 0.0),
        ("Anna%2520Smith", 10.0),
        ("Zoe", 0.0),
        ("ZOE", 10.0),
        ("ben%2F", 10.0),
        ("ben.wat", 0.0),
    ] {
        let report = json(out.join(format!("{path}.json")));
        assert_eq!(report["score"], score, "{path}");
    }
    assert!(!out.join("ben.json").exists());
    let words = "removed out/ben.json, an earlier report";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    // A file that is no report stays.
    std::fs::write(out.join("ben.json"), teachers).unwrap();
    let run = grade(&place, &["class"], &form);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("removed"), "{}", run.stderr);
    let kept = std::fs::read_to_string(out.join("ben.json")).unwrap();
    assert_eq!(kept, teachers);
}

#[test]
fn a_students_name_replaces_no_file_of_the_teachers() {
    let place = place("reports-teachers");
    let names = ["anna", "home", "link", "old", "package"];
    names.iter().for_each(|name| hand_in(&place, name));
    let teachers = "{\n  \"name\": \"the teacher's own\"\n}\n";
    std::fs::write(place.join("package.json"), teachers).unwrap();
    std::fs::create_dir(place.join("home.json")).unwrap();
    symlink("home/.profile", place.join("link.json")).unwrap();
    // A report on the class, of last week.
    let last = grade(&place, &["class"], &["json=old.json"]);
    assert_eq!(last.code, 0, "{}", last.stderr);
    for format in ["gradescope", "exercism"] {
        let form = format!("{format}={{name}}.json");
        let run = grade(&place, &["class"], &[&form]);
        assert_eq!(run.code, 64, "{}", run.stderr);
        let words = "what is there is no earlier report of that format, and stays; and 3 more";
        assert!(run.stderr.contains(words), "{}", run.stderr);
        assert_eq!(
            std::fs::read_to_string(place.join("package.json")).unwrap(),
            teachers
        );
        assert!(json(place.join("old.json"))["submissions"].is_array());
        json(place.join("anna.json"));
        // Of that format it is replaced.
        let run = grade(&place, &["class/anna", "--class=no"], &[&form]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        std::fs::remove_file(place.join("anna.json")).unwrap();
    }
    assert_untouched(&place);
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
