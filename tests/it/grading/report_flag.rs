//! `eco grade --report`: formats and destinations.

use crate::grading::{ECHO, hand_in};
use crate::harness::Eco;
use crate::judging::verdicts::lines;
use crate::support::empty_folder;

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
