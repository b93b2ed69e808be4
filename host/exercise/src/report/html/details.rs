//! Each submission's failures, with all that is known of them. The first is open: it is what to mend
//! first, and the others often have the same cause.

use super::super::text::{label, sentence};
use super::matrix::mark;
use super::{many, not_judged, points_text, shown};
use crate::case::Exercise;
use crate::feedback::{FeedbackLine, LineKind, feedback};
use crate::grade::{Class, Graded, Judged};
use eco_text::html;

pub(super) fn section(class: &Class<'_>) -> String {
    let submissions = (1..).zip(&class.submissions);
    let submissions =
        submissions.map(|(number, graded)| submission(class.exercise, number, graded));
    let submissions: String = submissions.collect();
    format!("<section>\n<h2>Details</h2>\n{submissions}</section>\n")
}

fn submission(exercise: &Exercise, number: usize, graded: &Graded) -> String {
    let name = shown(&graded.name);
    let said = if not_judged(graded) < graded.judgements.len() {
        outcome(exercise, graded)
    } else {
        "not judged".to_owned()
    };
    let heading = format!("<h3 id=\"s{number}\">{name} <span>{said}</span></h3>\n");
    if let Some(reason) = never_ran(graded) {
        return format!("{heading}{}", once(number, graded, &reason));
    }
    let mut is_first = true;
    let cases = (1..).zip(graded.cases(exercise));
    let failures = cases.filter(|(_, (_, judgement))| !judgement.passed());
    let failures = failures.map(|(case, judged)| {
        let open = std::mem::replace(&mut is_first, false);
        failure((number, case), judged, open)
    });
    heading + &failures.collect::<String>()
}

/// The points, and how many cases failed.
fn outcome(exercise: &Exercise, graded: &Graded) -> String {
    let cases = graded.judgements.len();
    let not_judged = not_judged(graded);
    let failed = cases - graded.passed() - not_judged;
    let (points, of) = (points_text(exercise, graded), exercise.points);
    let mut said = vec![format!("{points} of {}", many(of as usize, "point"))];
    said.push(match failed {
        0 if not_judged == 0 => "passed everything".to_owned(),
        failed => format!("{failed} of {} failed", many(cases, "case")),
    });
    if not_judged > 0 {
        said.push(format!("{not_judged} not judged"));
    }
    said.join(" · ")
}

/// Why no case ran, if it is the same for all of them.
fn never_ran(graded: &Graded) -> Option<String> {
    let (first, others) = graded.judgements.split_first()?;
    let ran = first.passed() || first.failure.is_some();
    let mut others = others.iter().peekable();
    let several = others.peek().is_some();
    let alike = others.all(|other| other.verdict == first.verdict && other.failure.is_none());
    (!ran && several && alike).then(|| sentence(first))
}

/// What would be the same for every case, said once; their links lead to it.
fn once(number: usize, graded: &Graded, reason: &str) -> String {
    let anchors =
        (1..=graded.judgements.len()).map(|case| format!("<a id=\"s{number}c{case}\"></a>"));
    let anchors: String = anchors.collect();
    let verdict = graded
        .judgements
        .first()
        .map(|judgement| &judgement.verdict);
    let code = verdict.map_or(String::new(), |verdict| {
        let (class, sign, _) = mark(verdict);
        format!("<b class=\"{class}\">{sign} {}</b> ", verdict.code())
    });
    format!(
        "<p class=\"once\">{anchors}{code}{}</p>\n",
        html::escaped(reason)
    )
}

fn failure(at: (usize, usize), (case, judgement): Judged<'_>, open: bool) -> String {
    let (class, sign, _) = mark(&judgement.verdict);
    let (name, code) = (shown(&label(case)), judgement.verdict.code());
    let (submission, number) = at;
    let open = if open { " open" } else { "" };
    let lines = feedback(case, judgement);
    let blocks = lines.chunk_by(|one, next| is_code(one.kind) == is_code(next.kind));
    let blocks: String = blocks.map(block).collect();
    format!(
        "<details id=\"s{submission}c{number}\"{open}>\n<summary>{number}. {name} <b class=\"{class}\">{sign} {code}</b>\
         </summary>\n{blocks}<p class=\"back\"><a href=\"#r{submission}\">back to the table</a></p>\n</details>\n"
    )
}

/// Lines in which columns matter.
fn is_code(kind: LineKind) -> bool {
    match kind {
        LineKind::Sent
        | LineKind::Received
        | LineKind::Expected
        | LineKind::Actual
        | LineKind::Log => true,
        LineKind::Sentence | LineKind::Detail | LineKind::Heading | LineKind::Hint => false,
    }
}

fn block(lines: &[FeedbackLine]) -> String {
    let shown = lines
        .iter()
        .map(|FeedbackLine { kind, text }| (class(*kind), html::escaped(text)));
    if lines.first().is_some_and(|line| is_code(line.kind)) {
        let lines = shown.map(|(class, text)| format!("<span class=\"{class}\">{text}</span>\n"));
        return format!("<pre tabindex=\"0\">{}</pre>\n", lines.collect::<String>());
    }
    shown
        .map(|(class, text)| format!("<p class=\"{class}\">{text}</p>\n"))
        .collect()
}

fn class(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Sentence => "sentence",
        LineKind::Detail => "detail",
        LineKind::Heading => "heading",
        LineKind::Sent => "sent",
        LineKind::Received => "received",
        LineKind::Expected => "expected",
        LineKind::Actual => "actual",
        LineKind::Log => "log",
        LineKind::Hint => "hint",
    }
}
