//! Exercism's `results.json`, version 2: version 3 would link cases to tasks, which exercises of eco don't
//! have.
//!
//! It owns that format's fields. Students see all of it. Of a hidden case it says whether it passed, and not
//! even the name.

use super::text::{Status, end, is_hidden, json, line, said, sentence, start};
use crate::case::Exercise;
use crate::grade::{Graded, Judged};
use crate::judgement::Judgement;
use serde::Serialize;
use std::io;

/// Characters that Exercism takes of a message, and of a student's own output.
const MESSAGE: usize = 65_535;
const OUTPUT: usize = 500;

#[derive(Serialize)]
struct Report {
    version: u8,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

pub(super) fn report(exercise: &Exercise, graded: &Graded) -> io::Result<String> {
    let report = if graded.judgements.iter().any(has_run) {
        of_tests(exercise, graded)
    } else {
        Report {
            version: 2,
            status: "error",
            message: Some(why(exercise, graded)),
            tests: Vec::new(),
        }
    };
    json(&report)
}

fn has_run(judgement: &Judgement) -> bool {
    judgement.passed() || judgement.failure.is_some()
}

fn of_tests(exercise: &Exercise, graded: &Graded) -> Report {
    let mut is_first = true;
    let mut hidden = 0;
    let tests = graded.cases(exercise).map(|judged| {
        let name = if is_hidden(judged.0) {
            hidden += 1;
            format!("hidden case {hidden}")
        } else {
            line(&judged.0.name)
        };
        let test = test(name, judged, is_first);
        // Students see the first failure, so that it must say something.
        is_first &= test.message.is_none();
        test
    });
    Report {
        version: 2,
        status: if graded.judgements.iter().all(Judgement::passed) {
            "pass"
        } else {
            "fail"
        },
        message: None,
        tests: tests.collect(),
    }
}

fn test(name: String, (case, judgement): Judged<'_>, is_first: bool) -> Test {
    let status = Status::of(judgement);
    let speaks = status != Status::Passed && !is_hidden(case);
    let message = speaks.then(|| {
        if is_first {
            start(&said(case, judgement), MESSAGE)
        } else {
            start(&sentence(judgement), MESSAGE)
        }
    });
    let failure = judgement.failure.as_ref().filter(|_| speaks);
    let log = failure.map(|failure| {
        let lines: Vec<_> = failure.log.iter().map(|said| line(said)).collect();
        // The end is what leads to the failure.
        end(&lines.join("\n"), OUTPUT)
    });
    Test {
        name,
        status: match status {
            Status::Passed => "pass",
            Status::Failed => "fail",
            Status::NotJudged => "error",
        },
        message,
        output: log.filter(|log| !log.is_empty()),
    }
}

/// The reason that nothing has run, from the first case that students may know.
fn why(exercise: &Exercise, graded: &Graded) -> String {
    let mut public = graded.cases(exercise).filter(|(case, _)| !is_hidden(case));
    match public.next() {
        Some((_, judgement)) => start(&sentence(judgement), MESSAGE),
        None => "No case could be run.".to_owned(),
    }
}
