//! JUnit's XML, as CI reads it: a suite for each submission.
//!
//! It owns the place of each fact, and `quick-junit` writes the XML. XML can't have control characters, so
//! that all text comes here without any.

use super::text::{PENDING, Status, label, line, said, sentence};
use crate::case::Exercise;
use crate::grade::{Class, Graded, Judged};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::{self, Write};

/// Times, dates and identifiers are left unset: they would differ from run to run.
pub(super) fn write(class: &Class<'_>, to: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new(line(&class.exercise.title));
    let suites = class.submissions.iter();
    report.add_test_suites(suites.map(|graded| suite(class.exercise, graded)));
    report.add_test_suites(class.pending.iter().map(|name| pending(name)));
    report.serialize(to).map_err(io::Error::other)
}

fn suite(exercise: &Exercise, graded: &Graded) -> TestSuite {
    let name = line(&graded.name);
    let class_name = format!("{}.{name}", exercise.slug);
    let mut suite = TestSuite::new(name);
    if let Some(points) = graded.points(exercise) {
        suite.add_property(("points", points.to_string().as_str()));
    }
    suite.add_property(("max-points", exercise.points.to_string().as_str()));
    suite.add_property(("exercise", exercise.which().as_str()));
    let cpu = graded.fuel_percent(exercise).to_string();
    suite.add_property(("cpu-percent", cpu.as_str()));
    for judged in graded.cases(exercise) {
        let mut test = test(judged);
        test.set_classname(class_name.as_str());
        suite.add_test_case(test);
    }
    suite
}

/// A submission not graded yet: an error, so that nobody takes it for a pass.
fn pending(name: &str) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(PENDING);
    let mut suite = TestSuite::new(line(name));
    suite.add_test_case(TestCase::new(PENDING, status));
    suite
}

fn test((case, judgement): Judged<'_>) -> TestCase {
    // An error is JUnit's word for a test that failed by itself, which is not the plugin's fault.
    let kind = match Status::of(judgement) {
        Status::Passed => return TestCase::new(label(case), TestCaseStatus::success()),
        Status::Failed => NonSuccessKind::Failure,
        Status::NotJudged => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(sentence(judgement));
    status.set_type(judgement.verdict.code());
    status.set_description(said(case, judgement));
    TestCase::new(label(case), status)
}
