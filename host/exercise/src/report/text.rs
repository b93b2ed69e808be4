//! What the formats share: names as one line, shortened texts, JSON, and what a verdict comes to.
//!
//! It must not know any one format.

use crate::case::{Case, Visibility};
use crate::feedback::{feedback, text};
use crate::judgement::Judgement;
use eco_text::escape::{self, harmless};
use serde::Serialize;
use std::io;

/// What a case comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Passed,
    Failed,
    /// eco failed, or the exercise did, so that nothing can be said of the plugin.
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

/// What there is to say of a submission before it is graded.
pub(super) const PENDING: &str = "Not graded yet";

/// A name as one line: it may be that of a file, and that can hold anything.
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

/// What there is to say of a case. The hint is for those who need it.
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

/// The first `most` characters; that there were more shows.
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

/// The last `most` characters; that there were more shows.
pub(super) fn end(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length > most {
        let rest = text.chars().skip(length - most.saturating_sub(1));
        std::iter::once('…').chain(rest).collect()
    } else {
        text.to_owned()
    }
}

/// A report as JSON, which can be shown in a terminal.
pub(super) fn json(report: &impl Serialize) -> io::Result<String> {
    Ok(escape::json(&serde_json::to_string_pretty(report)?) + "\n")
}
