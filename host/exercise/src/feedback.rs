//! Feedback: a failed case in words, line by line. Callers decide on the look of lines.

use super::case::Case;
use super::failure::{Failure, Place};
use super::judgement::Judgement;
use super::transcript::Side;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// The verdict.
    Sentence,
    /// A place, or a detail.
    Detail,
    /// A heading.
    Heading,
    /// An action of the client.
    Sent,
    /// An action of the plugin.
    Received,
    /// Expected bytes.
    Expected,
    /// Bytes that came.
    Actual,
    /// The plugin's own words.
    Log,
    /// The exercise's hint.
    Hint,
}

/// One line, without its break. It has no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackLine {
    /// Its kind.
    pub kind: LineKind,
    /// Its text.
    pub text: String,
}

/// All lines on a failed case.
pub fn feedback(case: &Case, judgement: &Judgement) -> Vec<FeedbackLine> {
    let mut lines = Lines(Vec::new());
    lines.add(LineKind::Sentence, judgement.verdict.sentence());
    if let Some(failure) = &judgement.failure {
        lines.failure(failure);
    }
    // A hint is about the task, and not about a plugin that breaks down.
    if let Some(hint) = &case.hint
        && judgement.verdict.is_about_replies()
    {
        lines.add(LineKind::Hint, format!("hint: {hint}"));
    }
    lines.0
}

/// The lines as one text, each with its break.
pub fn text(lines: &[FeedbackLine]) -> String {
    lines
        .iter()
        .map(|line| format!("{}\n", line.text))
        .collect()
}

struct Lines(Vec<FeedbackLine>);

impl Lines {
    /// Adds a text, which may have several lines.
    fn add(&mut self, kind: LineKind, text: impl AsRef<str>) {
        for line in eco_text::escape::harmless(text.as_ref()).lines() {
            let text = line.to_owned();
            self.0.push(FeedbackLine { kind, text });
        }
    }

    fn failure(&mut self, failure: &Failure) {
        if let Some(said) = &failure.judge {
            self.add(LineKind::Detail, format!("The judge says: {said}"));
        }
        self.add(
            LineKind::Detail,
            format!("The bytes came {}.", failure.split),
        );
        if failure.split.is_finer() {
            self.add(
                LineKind::Detail,
                "As they are written in the case, the plugin answers them right: what does it keep between chunks?",
            );
        }
        if let Some(hint) = &failure.flush_hint {
            self.add(LineKind::Hint, hint);
        }
        if let Some(place) = &failure.place {
            let several = failure.transcript.has_several_connections();
            let connection = several.then(|| failure.transcript.label(failure.connection));
            self.add(LineKind::Detail, where_it_is(place, connection));
        }
        self.transcript(failure);
        if let Some(place) = &failure.place {
            self.add(LineKind::Heading, "expected");
            self.add(LineKind::Expected, &place.expected);
            self.add(LineKind::Heading, "actual");
            self.add(LineKind::Actual, &place.actual);
        }
        self.log(failure);
    }

    fn transcript(&mut self, failure: &Failure) {
        let transcript = &failure.transcript;
        if transcript.events().next().is_none() {
            if transcript.omitted > 0 {
                self.add(
                    LineKind::Detail,
                    "What was said is not kept: other failures before this one have filled the room for it.",
                );
            }
            return;
        }
        self.add(
            LineKind::Heading,
            "what was said (--> to the plugin, <-- from it)",
        );
        if transcript.omitted > 0 {
            self.add(
                LineKind::Detail,
                format!("  … {} before this", transcript.omitted),
            );
        }
        let several = transcript.has_several_connections();
        for event in transcript.events() {
            let connection = if several {
                format!("{} ", transcript.label(event.connection))
            } else {
                String::new()
            };
            let kind = match event.by {
                Side::Client => LineKind::Sent,
                Side::Plugin => LineKind::Received,
            };
            let arrow = event.by.arrow();
            self.add(kind, format!("  {connection}{arrow} {}", event.what));
        }
    }

    fn log(&mut self, failure: &Failure) {
        if failure.log.is_empty() {
            return;
        }
        self.add(LineKind::Heading, "the plugin's log");
        if failure.log_omitted > 0 {
            self.add(
                LineKind::Detail,
                format!("  … {} lines before these", failure.log_omitted),
            );
        }
        for line in &failure.log {
            self.add(LineKind::Log, format!("  {line}"));
        }
    }
}

/// `connection` is the connection of the place, if there are several.
fn where_it_is(place: &Place, connection: Option<String>) -> String {
    let Place {
        offset,
        came,
        chunk,
        ..
    } = place;
    let line = match connection {
        None => String::new(),
        Some(label) => format!(" of connection {label}"),
    };
    let chunk = match chunk {
        Some((number, bytes)) if bytes.len() == 1 => {
            format!(
                ", in the answer to chunk {number} (byte {} sent)",
                bytes.start
            )
        }
        Some((number, bytes)) => {
            let last = bytes.end.saturating_sub(1);
            format!(
                ", in the answer to chunk {number} (bytes {} to {last} sent)",
                bytes.start
            )
        }
        None => ", before anything was sent".to_owned(),
    };
    format!(
        "The replies{line} part at byte {offset}{chunk}; {came} came in all. Bytes count from 0."
    )
}
