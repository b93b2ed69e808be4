//! The reports of a class in which everything is as bad as can be: as files to read, against schemas
//! of their formats, and as their readers would take them apart.

// A test that indexes out of bounds has failed.
#![allow(clippy::indexing_slicing)]

mod hostile;
mod page;
mod sample;
mod schemas;
mod table;
mod tap;

use super::*;
use std::path::Path;

fn of_one(format: OfOne, exercise: &Exercise, graded: &Graded) -> String {
    let mut report = Vec::new();
    let written = format.write(exercise, graded, &mut report);
    written.expect("a report is written");
    String::from_utf8(report).expect("a report is text")
}

fn of_class(format: OfClass, class: &Class<'_>) -> String {
    let mut report = Vec::new();
    let written = format.write(class, &mut report);
    written.expect("a report is written");
    String::from_utf8(report).expect("a report is text")
}

/// Fails unless the report is, byte for byte, the one in `golden/`. `ECO_BLESS=1` makes it so.
fn assert_golden(name: &str, report: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/golden");
    let file = folder.join(name);
    if std::env::var_os("ECO_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, report).expect("the golden file is written");
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    let same = golden == report;
    let line = golden
        .lines()
        .zip(report.lines())
        .position(|(one, other)| one != other);
    let line = line.map_or("its end".to_owned(), |line| format!("line {}", line + 1));
    assert!(
        same,
        "{name} differs at {line}; look at it with ECO_BLESS=1 and `git diff`"
    );
}

#[test]
fn the_reports_of_a_class_are_these() {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    assert_golden("junit.xml", &of_class(OfClass::Junit, &class));
    assert_golden("tap.tap", &of_class(OfClass::Tap, &class));
    assert_golden("class.csv", &of_class(OfClass::Csv, &class));
    assert_golden("class.json", &of_class(OfClass::Json, &class));
    assert_golden("class.html", &of_class(OfClass::Html, &class));
}

#[test]
fn the_reports_of_a_submission_are_these() {
    let exercise = sample::exercise();
    let graded = sample::failing();
    let report = of_one(OfOne::Gradescope, &exercise, &graded);
    assert_golden("gradescope.json", &report);
    let report = of_one(OfOne::Exercism, &exercise, &graded);
    assert_golden("exercism.json", &report);
}

#[test]
fn a_report_on_a_submission_is_told_by_how_it_begins() {
    let exercise = sample::exercise();
    let formats = [OfOne::Gradescope, OfOne::Exercism];
    for graded in sample::class(&exercise).submissions {
        for format in formats {
            let report = of_one(format, &exercise, &graded);
            let start = &report.as_bytes()[..OfOne::LONGEST_START];
            let told = formats.map(|other| other.may_begin(start));
            assert_eq!(
                told,
                formats.map(|other| other == format),
                "{}",
                graded.name
            );
        }
    }
    let class = sample::class(&exercise);
    let others = [
        of_class(OfClass::Json, &class),
        "{\n  \"name\": \"a package\",\n  \"version\": \"2\"\n}".to_owned(),
        "format = 1\n".to_owned(),
        String::new(),
    ];
    for other in others {
        assert!(!formats.iter().any(|it| it.may_begin(other.as_bytes())));
    }
}

#[test]
fn a_format_is_named_as_it_is_parsed() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    let error = "JUnit"
        .parse::<Format>()
        .expect_err("there is no such format");
    assert!(error.contains("gradescope, junit, tap"), "{error}");
}
