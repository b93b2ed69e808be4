//! Parts that the formats share: names as one line, shortened texts, JSON, and the status of a case.

use crate::case::{Case, Visibility};
use crate::feedback::{feedback, text};
use crate::judgement::Judgement;
use eco_text::escape::{self, harmless};
use serde::Serialize;
use std::io;

/// The status of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Passed,
    Failed,
    /// eco failed, or the exercise did: nothing can be said of the plugin.
    NotJudged,
}

impl Status {
    pub(super) fn of(judgement: &Judgement) -> Self {
        match judgement {
            _ if judgement.passed() => Self::Passed,
            _ if judgement.is_internal() => Self::NotJudged,
            _ => Self::Failed,
        }
    }
}

/// The words for a submission not graded yet.
pub(super) const PENDING: &str = "Not graded yet";

/// A name as one line: it may be that of a file, and hold anything.
pub(super) fn line(name: &str) -> String {
    let name = harmless(name).replace('\n', "\\n");
    name.replace('\t', "\\t")
}

/// A case's name, for teachers.
pub(super) fn label(case: &Case) -> String {
    let hidden = if is_hidden(case) { " (hidden)" } else { "" };
    line(&case.name) + hidden
}

pub(super) fn is_hidden(case: &Case) -> bool {
    case.visibility == Visibility::Hidden
}

/// The words on a case. Only a failure has the hint.
pub(super) fn said(case: &Case, judgement: &Judgement) -> String {
    match Status::of(judgement) {
        Status::Failed => text(&feedback(case, judgement)),
        Status::Passed | Status::NotJudged => format!("{}\n", sentence(judgement)),
    }
}

/// The verdict's sentence, as one line.
pub(super) fn sentence(judgement: &Judgement) -> String {
    line(&judgement.verdict.sentence())
}

/// The first `most` characters, the last of them `…` if there were more.
pub(super) fn start(text: &str, most: usize) -> String {
    if text.chars().count() > most {
        text.chars()
            .take(most.saturating_sub(1))
            .collect::<String>()
            + "…"
    } else {
        text.to_owned()
    }
}

/// The last `most` characters, the first of them `…` if there were more.
pub(super) fn end(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length > most {
        let rest = text.chars().skip(length - most.saturating_sub(1));
        std::iter::once('…').chain(rest).collect()
    } else {
        text.to_owned()
    }
}

/// A report as JSON, safe for a terminal.
pub(super) fn json(report: &impl Serialize) -> io::Result<String> {
    Ok(escape::json(&serde_json::to_string_pretty(report)?) + "\n")
}
