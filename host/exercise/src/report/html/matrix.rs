//! The matrix of results: a row for each submission, a column for each case.
//!
//! A class of hundreds has thousands of cells. So each is a few bytes, and passed ones link to nothing.

use super::super::text::is_hidden;
use super::words::{many, not_judged, points_text, shown};
use crate::case::{Case, Exercise};
use crate::grade::{Class, Graded};
use crate::judgement::Judgement;
use crate::verdict::Verdict;
use maud::{Markup, html};

/// A class of the style sheet, a sign, and its meaning: colour alone would say nothing to some.
type Mark = (&'static str, &'static str, &'static str);

const PASSED: Mark = ("p", "✓", "passed");
const WRONG: Mark = ("f", "✗", "wrong reply");
const STOPPED: Mark = ("t", "!", "stopped by an error");
const BUDGET: Mark = ("b", "▲", "over its budget");
const NOT_LOADED: Mark = ("n", "∅", "can’t be loaded");
const NOT_JUDGED: Mark = ("i", "?", "not judged: eco failed");

const MARKS: [Mark; 6] = [PASSED, WRONG, STOPPED, BUDGET, NOT_LOADED, NOT_JUDGED];

pub(super) fn mark(verdict: &Verdict) -> Mark {
    match verdict {
        Verdict::Passed => PASSED,
        Verdict::WrongBytes
        | Verdict::MissingBytes
        | Verdict::ExtraBytes
        | Verdict::ClosedEarly
        | Verdict::NotClosed => WRONG,
        Verdict::Crashed(_) | Verdict::BadAbi(_) => STOPPED,
        Verdict::OutOfCpu | Verdict::OutOfMemory | Verdict::ReplyTooBig => BUDGET,
        Verdict::DoesNotLoad(_)
        | Verdict::TooComplex(_)
        | Verdict::MissingFunction(_)
        | Verdict::ImportNotAllowed(_) => NOT_LOADED,
        Verdict::Internal(_) => NOT_JUDGED,
    }
}

pub(super) fn section(class: &Class<'_>) -> Markup {
    html! {
        section { "\n"
            h2 { "Submissions" } "\n"
            p class="legend" { (legend()) } "\n"
            div class="scroll" tabindex="0" role="region" aria-labelledby="caption" { "\n"
                table class="matrix" { "\n"
                    caption id="caption" class="unseen" { "What became of each case in each submission" } "\n"
                    (head(class.exercise))
                    tbody { "\n"
                        @for (graded, number) in class.submissions.iter().zip(1..) {
                            (row(class.exercise, number, graded))
                        }
                    } "\n"
                } "\n"
            } "\n"
        } "\n"
    }
}

fn legend() -> Markup {
    html! {
        @for (index, (class, sign, meaning)) in MARKS.into_iter().enumerate() {
            @if index > 0 { " " }
            span { b class=(class) { (sign) } " " (meaning) }
        }
    }
}

fn head(exercise: &Exercise) -> Markup {
    html! {
        thead {
            tr {
                th scope="col" { "submission" }
                th scope="col" { "points" br; "of " (exercise.points) }
                th scope="col" title="the most of its CPU budget that a connection took" { "CPU" } "\n"
                @for (case, number) in exercise.cases.iter().zip(1usize..) { (column(number, case)) }
            }
        } "\n"
    }
}

fn column(number: usize, case: &Case) -> Markup {
    let class = is_hidden(case).then_some("h");
    let name = html! {
        // First, since the end of a long name may be cut off.
        @if is_hidden(case) { "hidden: " }
        (shown(&case.name))
    };
    html! {
        th scope="col" class=[class] title=(name) {
            span { (name) }
            a href={ "#c" (number) } { (number) }
        } "\n"
    }
}

fn row(exercise: &Exercise, number: usize, graded: &Graded) -> Markup {
    let not_judged = not_judged(graded);
    html! {
        tr id={ "r" (number) } {
            th scope="row" { a href={ "#s" (number) } { (shown(&graded.name)) } }
            td {
                (points_text(exercise, graded))
                // A missing mark needs its reason.
                @if not_judged > 0 {
                    abbr title={ (many(not_judged, "case")) " could not be judged, so that there is no mark yet" } { "*" }
                }
            }
            td { (graded.fuel_percent(exercise)) " %" }
            @for (judgement, case) in graded.judgements.iter().zip(1..) { (cell(number, case, judgement)) }
        } "\n"
    }
}

fn cell(submission: usize, case: usize, judgement: &Judgement) -> Markup {
    let (class, sign, _) = mark(&judgement.verdict);
    let code = judgement.verdict.code();
    html! {
        td class=(class) title=(code) {
            @if judgement.passed() {
                (sign)
            } @else {
                a href={ "#s" (submission) "c" (case) } aria-label=(code) { (sign) }
            }
        }
    }
}
