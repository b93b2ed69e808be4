//! What all formats promise, whatever the submissions hold.

use super::*;
use crate::judgement::Judgement;
use crate::verdict::Verdict;
use serde_json::Value;

fn everything() -> Vec<(Format, String)> {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    let mut reports = Vec::new();
    for format in Format::ALL {
        match format {
            Format::OfClass(of) => reports.push((format, of_class(of, &class))),
            Format::OfOne(of) => {
                let all = class.submissions.iter();
                reports.extend(all.map(|graded| (format, of_one(of, &exercise, graded))));
            }
        }
    }
    reports
}

#[test]
fn no_report_has_a_character_that_a_terminal_obeys() {
    for (format, report) in everything() {
        let obeyed = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
        let found = report.chars().find(obeyed);
        assert_eq!(found, None, "{format}");
        assert!(
            !report.contains(['\u{202e}', '\u{fffe}', '\u{2028}']),
            "{format}"
        );
        assert!(report.ends_with('\n'), "{format}");
    }
}

#[test]
fn two_runs_give_the_same_bytes_and_no_times() {
    let reports = everything();
    assert_eq!(reports, everything());
    for (format, report) in reports {
        for word in [
            "timestamp",
            "uuid",
            "hostname",
            "execution_time",
            " time=",
            "2026",
        ] {
            assert!(!report.contains(word), "{word} in {format}");
        }
    }
}

fn parsed(format: OfOne, graded: &Graded) -> Value {
    let report = of_one(format, &sample::exercise(), graded);
    serde_json::from_str(&report).expect("a report is JSON")
}

/// One whose cases end like this.
fn of_verdicts(verdicts: [Verdict; 5]) -> Graded {
    Graded {
        name: "eve".to_owned(),
        judgements: verdicts.map(Judgement::unrun).to_vec(),
    }
}

#[test]
fn what_eco_could_not_judge_gets_no_mark() {
    let internal = || Verdict::Internal("out of threads".to_owned());
    let half = of_verdicts([
        Verdict::Passed,
        internal(),
        Verdict::Passed,
        Verdict::Passed,
        internal(),
    ]);
    let none = of_verdicts([(); 5].map(|()| internal()));

    let report = parsed(OfOne::Gradescope, &half);
    for report in [report, parsed(OfOne::Gradescope, &none)] {
        assert_eq!(report.get("score"), None);
        for field in ["score", "max_score", "status"] {
            // Not of the others either, or Gradescope would add them up.
            assert_eq!(report["tests"][0].get(field), None, "{field}");
        }
    }

    let report = parsed(OfOne::Exercism, &half);
    assert_eq!(report["status"], "fail");
    assert_eq!(report["tests"][1]["status"], "error");
    let report = parsed(OfOne::Exercism, &none);
    assert_eq!(report["status"], "error");
    assert_eq!(report["tests"], Value::Array(Vec::new()));

    let exercise = sample::exercise();
    let class = Class {
        exercise: &exercise,
        submissions: vec![half, none],
        pending: Vec::new(),
    };
    let junit = of_class(OfClass::Junit, &class);
    assert!(!junit.contains("<failure"), "{junit}");
    assert_eq!(junit.matches("<error").count(), 7);
    let tap = of_class(OfClass::Tap, &class);
    assert!(!tap.contains("not ok"), "{tap}");
    assert!(tap.contains("ok 2 - eve # SKIP"), "{tap}");
}

#[test]
fn students_learn_of_hidden_cases_only_whether_they_passed() {
    let report = parsed(OfOne::Exercism, &sample::failing());
    let tests = report["tests"].as_array().expect("there are tests");
    for (number, hidden) in (1..).zip(&tests[3..]) {
        assert_eq!(hidden["status"], "fail");
        assert_eq!(hidden["name"], format!("hidden case {number}"));
        let fields: Vec<_> = hidden.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["name", "status"]);
    }
    let report = parsed(OfOne::Gradescope, &sample::failing());
    let tests = report["tests"].as_array().expect("there are tests");
    let visibilities: Vec<_> = tests.iter().map(|test| &test["visibility"]).collect();
    assert_eq!(
        visibilities,
        ["visible", "visible", "visible", "hidden", "hidden"]
    );
}

#[test]
fn only_the_first_failure_says_all_to_exercism() {
    let report = parsed(OfOne::Exercism, &sample::failing());
    let message = |test: usize| {
        report["tests"][test]["message"]
            .as_str()
            .unwrap_or_default()
    };
    assert_eq!(message(0), "");
    assert!(message(1).lines().count() > 10, "{}", message(1));
    assert_eq!(message(2).lines().count(), 1, "{}", message(2));
    let output = report["tests"][2]["output"].as_str().unwrap_or_default();
    assert_eq!(output.chars().count(), 500);
    assert!(
        output.starts_with('…') && output.ends_with("line 15"),
        "{output}"
    );
}

#[test]
fn a_class_of_nobody_has_reports() {
    let exercise = sample::exercise();
    let class = Class {
        exercise: &exercise,
        submissions: Vec::new(),
        pending: Vec::new(),
    };
    for format in Format::ALL {
        if let Format::OfClass(format) = format {
            let report = of_class(format, &class);
            assert!(!report.contains("NaN"), "{report}");
        }
    }
}

/// One that is written before the end says that it is not the end, in the way of its format.
#[test]
fn a_report_that_is_not_whole_says_so() {
    let exercise = sample::exercise();
    let names = ["anna", "ben <b> # SKIP", "carla"].map(str::to_owned);
    let mut class = Class::new(&exercise, names.to_vec());
    class.add(Graded {
        name: "carla".to_owned(),
        ..of_verdicts([(); 5].map(|()| Verdict::Passed))
    });
    class.add(Graded {
        name: "anna".to_owned(),
        ..of_verdicts([(); 5].map(|()| Verdict::Passed))
    });
    let json: Value = serde_json::from_str(&of_class(OfClass::Json, &class)).expect("it is JSON");
    assert_eq!(json["submissions"][0]["name"], "anna");
    assert_eq!(json["submissions"][1]["name"], "carla");
    assert_eq!(json["pending"], serde_json::json!(["ben <b> # SKIP"]));
    let tap = of_class(OfClass::Tap, &class);
    assert!(tap.contains("\n1..3\n") && !tap.contains("\nok 3"), "{tap}");
    assert!(
        tap.ends_with("# Not graded yet: ben <b> \\# SKIP\n"),
        "{tap}"
    );
    let junit = of_class(OfClass::Junit, &class);
    assert_eq!(junit.matches("<error").count(), 1, "{junit}");
    assert!(junit.contains(" errors=\"1\""), "{junit}");
    let html = of_class(OfClass::Html, &class);
    assert!(
        html.contains("This page is not whole. Not graded yet: 1 submission."),
        "{html}"
    );
    let csv = of_class(OfClass::Csv, &class);
    assert_eq!(csv.lines().count(), 4, "{csv}");
    class.add(Graded {
        name: "ben <b> # SKIP".to_owned(),
        ..of_verdicts([(); 5].map(|()| Verdict::Passed))
    });
    for format in Format::ALL {
        if let Format::OfClass(format) = format {
            let report = of_class(format, &class);
            assert!(!report.contains("ot graded yet"), "{report}");
        }
    }
}

/// Whatever a student is called, a report has as many submissions as there are, and JSON the exact name.
#[test]
fn a_name_is_a_name_in_every_format() {
    let exercise = sample::exercise();
    let long = "é\u{202e}".repeat(13_000);
    let names = [
        "",
        ".",
        "..",
        "-",
        " ",
        "\u{0}",
        "a\u{1b}[2J\r\n\tb",
        "\u{202e}gpj.",
        "\u{fffe}",
        "1..0",
        "# SKIP",
        "Bail out!",
        "ok 1 - x",
        "---",
        "...",
        "</table>",
        "]]>",
        "\"",
        "'",
        "\\",
        "mallory;10;10",
        "=1",
        &long,
    ];
    let mut class = Class::new(&exercise, names.map(str::to_owned).to_vec());
    for name in names {
        class.add(Graded {
            name: name.to_owned(),
            ..of_verdicts([(); 5].map(|()| Verdict::WrongBytes))
        });
    }
    assert!(class.pending.is_empty());
    let count = names.len();
    let json: Value = serde_json::from_str(&of_class(OfClass::Json, &class)).expect("it is JSON");
    let submissions = json["submissions"].as_array().expect("a list").iter();
    let found: Vec<_> = submissions
        .filter_map(|graded| graded["name"].as_str())
        .collect();
    let mut sorted = names;
    sorted.sort();
    assert_eq!(found, sorted);
    let csv = of_class(OfClass::Csv, &class);
    let rows = ::csv::Reader::from_reader(csv.as_bytes())
        .into_records()
        .count();
    assert_eq!((rows, csv.lines().count()), (count, count + 1));
    let tap = of_class(OfClass::Tap, &class);
    assert_eq!(
        tap::tests(&tap.lines().collect::<Vec<_>>(), "").len(),
        count
    );
    let junit = of_class(OfClass::Junit, &class);
    assert_eq!(junit.matches("<testsuite ").count(), count);
    page::assert_sound(&of_class(OfClass::Html, &class));
    for format in Format::ALL {
        let reports: Vec<String> = match format {
            Format::OfClass(format) => vec![of_class(format, &class)],
            Format::OfOne(format) => {
                let each = class.submissions.iter();
                each.map(|graded| of_one(format, &exercise, graded))
                    .collect()
            }
        };
        for report in reports {
            let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            assert!(!report.contains(obeyed), "{format}");
            assert!(!report.contains(['\u{202e}', '\u{fffe}']), "{format}");
        }
    }
}
