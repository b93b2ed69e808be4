//! Who passed what: a row for each submission, a column for each case.
//!
//! A class of hundreds has thousands of cells, so that each is a few bytes, and those that passed have
//! nothing to link to.

use super::super::text::is_hidden;
use super::{many, not_judged, points_text, shown};
use crate::case::Exercise;
use crate::grade::{Class, Graded};
use crate::judgement::Judgement;
use crate::verdict::Verdict;

/// A class of the style sheet, a sign, and what it stands for: colour alone would say nothing to some.
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

pub(super) fn section(class: &Class<'_>) -> String {
    let (legend, head) = (legend(), head(class.exercise));
    let rows = (1..).zip(&class.submissions);
    let rows: String = rows
        .map(|(number, graded)| row(class.exercise, number, graded))
        .collect();
    format!(
        "<section>\n<h2>Submissions</h2>\n<p class=\"legend\">{legend}</p>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"caption\">\n\
         <table class=\"matrix\">\n<caption id=\"caption\" class=\"unseen\">What became of each case in \
         each submission</caption>\n{head}<tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n"
    )
}

fn legend() -> String {
    let marks = MARKS.map(|(class, sign, meaning)| {
        format!("<span><b class=\"{class}\">{sign}</b> {meaning}</span>")
    });
    marks.join(" ")
}

fn head(exercise: &Exercise) -> String {
    let cases = (1..).zip(&exercise.cases).map(|(number, case)| {
        // What is cut off from a long name must not be this.
        let (hidden, class) = if is_hidden(case) {
            ("hidden: ", " class=\"h\"")
        } else {
            ("", "")
        };
        let name = format!("{hidden}{}", shown(&case.name));
        format!(
            "<th scope=\"col\"{class} title=\"{name}\"><span>{name}</span>\
             <a href=\"#c{number}\">{number}</a></th>\n"
        )
    });
    let cases: String = cases.collect();
    format!(
        "<thead><tr><th scope=\"col\">submission</th><th scope=\"col\">points<br>of {}</th>\
         <th scope=\"col\" title=\"the most of its CPU budget that a connection took\">CPU</th>\n\
         {cases}</tr></thead>\n",
        exercise.points
    )
}

fn row(exercise: &Exercise, number: usize, graded: &Graded) -> String {
    let name = shown(&graded.name);
    let (points, cpu) = (points_text(exercise, graded), graded.fuel_percent(exercise));
    // That there is no mark needs its reason.
    let star = match not_judged(graded) {
        0 => String::new(),
        count => format!(
            "<abbr title=\"{} could not be judged, so that there is no mark yet\">*</abbr>",
            many(count, "case")
        ),
    };
    let cells = (1..).zip(&graded.judgements);
    let cells: String = cells
        .map(|(case, judgement)| cell(number, case, judgement))
        .collect();
    format!(
        "<tr id=\"r{number}\"><th scope=\"row\"><a href=\"#s{number}\">{name}</a></th><td>{points}{star}</td>\
         <td>{cpu} %</td>{cells}</tr>\n"
    )
}

fn cell(submission: usize, case: usize, judgement: &Judgement) -> String {
    let (class, sign, _) = mark(&judgement.verdict);
    let code = judgement.verdict.code();
    if judgement.passed() {
        format!("<td class=\"{class}\" title=\"{code}\">{sign}</td>")
    } else {
        format!(
            "<td class=\"{class}\" title=\"{code}\"><a href=\"#s{submission}c{case}\" \
         aria-label=\"{code}\">{sign}</a></td>"
        )
    }
}
