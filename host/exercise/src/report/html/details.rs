//! The details of each submission's failures. The first is open: it is the first to mend, and the others
//! often have the same cause.

use super::super::text::{label, sentence};
use super::matrix::mark;
use super::words::{many, not_judged, points_text, shown};
use crate::case::Exercise;
use crate::feedback::{FeedbackLine, LineKind, feedback};
use crate::grade::{Class, Graded, Judged};
use crate::verdict::Verdict;
use eco_text::html::escaped;
use maud::{Markup, html};

pub(super) fn section(class: &Class<'_>) -> Markup {
    html! {
        section { "\n"
            h2 { "Details" } "\n"
            @for (graded, number) in class.submissions.iter().zip(1..) {
                (submission(class.exercise, number, graded))
            }
        } "\n"
    }
}

fn submission(exercise: &Exercise, number: usize, graded: &Graded) -> Markup {
    let outcome = if not_judged(graded) < graded.judgements.len() {
        outcome(exercise, graded)
    } else {
        "not judged".to_owned()
    };
    let cases = (1..).zip(graded.cases(exercise));
    let failures = cases.filter(|(_, (_, judgement))| !judgement.passed());
    html! {
        h3 id={ "s" (number) } { (shown(&graded.name)) " " span { (outcome) } } "\n"
        @if let Some(reason) = never_ran(graded) {
            (once(number, graded, &reason))
        } @else {
            @for (index, (case, judged)) in failures.enumerate() {
                (failure((number, case), judged, index == 0))
            }
        }
    }
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

/// The reason that no case ran, if it is the same for all.
fn never_ran(graded: &Graded) -> Option<String> {
    let (first, others) = graded.judgements.split_first()?;
    let ran = first.passed() || first.failure.is_some();
    let mut others = others.iter().peekable();
    let several = others.peek().is_some();
    let alike = others.all(|other| other.verdict == first.verdict && other.failure.is_none());
    (!ran && several && alike).then(|| sentence(first))
}

/// Words that all cases share, said once; the links of the cases lead here.
fn once(number: usize, graded: &Graded, reason: &str) -> Markup {
    html! {
        p class="once" {
            @for case in 1..=graded.judgements.len() { a id={ "s" (number) "c" (case) } {} }
            @if let Some(judgement) = graded.judgements.first() { (verdict(&judgement.verdict)) " " }
            (escaped(reason))
        } "\n"
    }
}

fn failure(at: (usize, usize), (case, judgement): Judged<'_>, open: bool) -> Markup {
    let (submission, number) = at;
    let lines = feedback(case, judgement);
    let blocks = lines.chunk_by(|one, next| is_code(one.kind) == is_code(next.kind));
    html! {
        details id={ "s" (submission) "c" (number) } open[open] { "\n"
            summary { (number) ". " (shown(&label(case))) " " (verdict(&judgement.verdict)) } "\n"
            @for lines in blocks { (block(lines)) }
            p class="back" { a href={ "#r" (submission) } { "back to the table" } } "\n"
        } "\n"
    }
}

fn verdict(verdict: &Verdict) -> Markup {
    let (class, sign, _) = mark(verdict);
    html! { b class=(class) { (sign) " " (verdict.code()) } }
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

fn block(lines: &[FeedbackLine]) -> Markup {
    let is_code = lines.first().is_some_and(|line| is_code(line.kind));
    html! {
        @if is_code {
            pre tabindex="0" {
                @for line in lines { span class=(class(line.kind)) { (escaped(&line.text)) } "\n" }
            } "\n"
        } @else {
            @for line in lines { p class=(class(line.kind)) { (escaped(&line.text)) } "\n" }
        }
    }
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
