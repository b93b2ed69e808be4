//! The Test Anything Protocol, version 14: a test for each submission, with its cases as a subtest. Readers
//! of older versions skip indented lines, and see the submissions.
//!
//! A case that eco could not judge is `ok … # SKIP`, by the protocol a test that was not run and counts
//! neither way. `not ok` would count as a failure, whatever follows it. A submission with such a case is the
//! same, unless another of its cases failed: it has no mark.

use super::text::{PENDING, Status, is_hidden, label, line, said, sentence};
use crate::case::Exercise;
use crate::grade::{Class, Graded, Judged};
use std::fmt::Write as _;

/// The protocol's indentation of a subtest, and of a block of YAML.
const SUBTEST: &str = "    ";
const BLOCK: &str = "  ";

pub(super) fn report(class: &Class<'_>) -> String {
    let mut tap = Tap(String::new());
    tap.line("", "TAP version 14");
    // Submissions not graded yet are planned: a reader sees that their tests are missing.
    tap.plan("", class.submissions.len() + class.pending.len());
    tap.line("", &format!("# {}", class.exercise.which()));
    for (number, graded) in (1..).zip(&class.submissions) {
        tap.submission(number, class.exercise, graded);
    }
    for name in &class.pending {
        tap.line("", &format!("# {PENDING}: {}", escaped(&line(name))));
    }
    tap.0
}

struct Tap(String);

impl Tap {
    fn line(&mut self, indent: &str, text: &str) {
        // Writing to a string can't fail.
        let _ = writeln!(self.0, "{indent}{text}");
    }

    fn plan(&mut self, indent: &str, tests: usize) {
        self.line(indent, &format!("1..{tests}"));
    }

    fn submission(&mut self, number: usize, exercise: &Exercise, graded: &Graded) {
        let name = escaped(&line(&graded.name));
        self.line("", &format!("# Subtest: {name}"));
        self.plan(SUBTEST, exercise.cases.len());
        for (number, judged) in (1..).zip(graded.cases(exercise)) {
            self.case(number, judged);
        }
        let count = |wanted| {
            let statuses = graded.judgements.iter().map(Status::of);
            statuses.filter(|status| *status == wanted).count()
        };
        let (failed, not_judged) = (count(Status::Failed), count(Status::NotJudged));
        let (ok, directive) = match failed {
            0 if graded.is_judged() => ("ok", ""),
            0 if not_judged == graded.judgements.len() => ("ok", " # SKIP eco could not judge it"),
            0 => ("ok", " # SKIP eco could not judge all of it"),
            _ => ("not ok", ""),
        };
        self.line("", &format!("{ok} {number} - {name}{directive}"));
        let points = graded.points(exercise);
        let points = points.map_or("none".to_owned(), |points| points.to_string());
        let fields = [
            ("points", points),
            ("max-points", exercise.points.to_string()),
            ("cpu-percent", graded.fuel_percent(exercise).to_string()),
            ("not-judged", not_judged.to_string()),
        ];
        self.block("", &fields, None);
    }

    fn case(&mut self, number: usize, (case, judgement): Judged<'_>) {
        let (name, said_shortly) = (escaped(&label(case)), sentence(judgement));
        let status = Status::of(judgement);
        let (ok, directive) = match status {
            Status::Passed => ("ok", String::new()),
            Status::Failed => ("not ok", String::new()),
            Status::NotJudged => ("ok", format!(" # SKIP {}", escaped(&said_shortly))),
        };
        self.line(SUBTEST, &format!("{ok} {number} - {name}{directive}"));
        if status == Status::Failed {
            let visibility = if is_hidden(case) { "hidden" } else { "public" };
            let fields = [
                ("message", said_shortly),
                ("severity", "fail".to_owned()),
                ("verdict", judgement.verdict.code().to_owned()),
                ("visibility", visibility.to_owned()),
            ];
            self.block(SUBTEST, &fields, Some(&said(case, judgement)));
        }
    }

    /// A block of YAML, of strings and a list of them.
    fn block(&mut self, indent: &str, fields: &[(&str, String)], feedback: Option<&str>) {
        let indent = format!("{indent}{BLOCK}");
        self.line(&indent, "---");
        for (name, value) in fields {
            self.line(&indent, &format!("{name}: {}", quoted(value)));
        }
        if let Some(feedback) = feedback {
            self.line(&indent, "feedback:");
            for line in feedback.lines() {
                self.line(&indent, &format!("  - {}", quoted(line)));
            }
        }
        self.line(&indent, "...");
    }
}

/// A string of JSON is one of YAML, once unprintable characters have been escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A description. A `#` in it would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
