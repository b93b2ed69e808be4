//! A failed case, as a student needs to see it. Small, whatever the plugin sent.
//!
//! It owns the facts. Their words are `feedback`'s.

use super::case::Pattern;
use super::split::Split;
use super::stream::{Divergence, Stream};
use super::transcript::Transcript;
use super::verdict::Verdict;
use eco_text::hexdump::hexdump;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Lines of the plugin's log that a failure keeps, the last ones.
/// Test: `judging::feedback::the_log_is_bounded_and_escaped`.
const LOG_LINES: usize = 20;

/// A failed case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The verdict.
    pub verdict: Verdict,
    /// The split under which it failed.
    pub split: Split,
    /// The connection on which it failed, counted from 1.
    pub connection: usize,
    /// The place where the replies differ.
    pub place: Option<Place>,
    /// The last events of the run.
    pub transcript: Transcript,
    /// The last lines of the plugin's own log, escaped.
    pub log: Vec<String>,
    /// The number of lines before these.
    pub log_omitted: usize,
    /// Advice about what was kept and not sent.
    pub flush_hint: Option<String>,
    /// The words of the judge, if there is one. Escaped.
    pub judge: Option<String>,
}

impl Failure {
    /// Approximate bytes that it holds.
    pub(super) fn size(&self) -> usize {
        let texts = self.log.iter().map(String::len);
        let place = self.place.iter();
        let place = place.map(|place| place.expected.len() + place.actual.len());
        let words = self.judge.iter().chain(&self.flush_hint);
        let words = words.map(String::len);
        size_of::<Self>() + self.transcript.size() + texts.chain(place).chain(words).sum::<usize>()
    }

    /// Keeps the verdict and its place. Of transcript and log only the length is left.
    pub(super) fn forget_details(&mut self) {
        self.transcript.forget();
        self.log_omitted += self.log.len();
        self.log = Vec::new();
        self.place = None;
        self.judge = None;
        self.flush_hint = None;
    }
}

/// The place where a stream of replies differs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Right bytes before it.
    pub offset: usize,
    /// Bytes that came in all.
    pub came: usize,
    /// The chunk being answered, counted from 1, and its range in the bytes sent.
    pub chunk: Option<(usize, Range<usize>)>,
    /// The expected bytes around the place, as a hexdump; or the regular expression.
    pub expected: String,
    /// The bytes that came, around the place, as a hexdump.
    pub actual: String,
}

impl Place {
    pub(super) fn of(divergence: &Divergence<'_>, stream: &Stream<'_>) -> Self {
        let offset = divergence.offset;
        let expected = match divergence.expected {
            Some(Pattern::Bytes(bytes)) => {
                let whole = [stream.right(), bytes].concat();
                hexdump(&whole, Some(offset))
            }
            Some(Pattern::Regex(expression)) => {
                let shown: String = expression.text().chars().map(visible).collect();
                format!("  what matches /{shown}/\n")
            }
            None => match divergence.verdict {
                Verdict::NotClosed => "  (the end of the connection)\n".to_owned(),
                Verdict::ClosedEarly => "  (the connection stays open)\n".to_owned(),
                _ => "  (nothing more)\n".to_owned(),
            },
        };
        let right = offset == stream.replies().len();
        let actual = match stream.replies() {
            _ if right && divergence.verdict == Verdict::NotClosed => {
                "  (the connection is still open)\n".to_owned()
            }
            _ if right && divergence.expected.is_none() => "  (the plugin ended it)\n".to_owned(),
            [] => "  (nothing)\n".to_owned(),
            replies if offset >= replies.len() => {
                hexdump(replies, Some(offset)) + "  (and nothing more)\n"
            }
            replies => hexdump(replies, Some(offset)),
        };
        Self {
            offset,
            came: stream.replies().len(),
            chunk: stream.chunk_at(offset),
            expected,
            actual,
        }
    }
}

/// A character of a regular expression, on one line.
fn visible(c: char) -> String {
    if c.is_control() {
        c.escape_debug().to_string()
    } else {
        c.to_string()
    }
}

impl Failure {
    pub(super) fn new(verdict: Verdict, split: Split, connection: usize) -> Self {
        Self {
            verdict,
            split,
            connection: connection + 1,
            place: None,
            transcript: Transcript::default(),
            log: Vec::new(),
            log_omitted: 0,
            flush_hint: None,
            judge: None,
        }
    }

    pub(super) fn with(mut self, transcript: Transcript, log: Vec<String>) -> Self {
        self.transcript = transcript;
        self.log_omitted = log.len().saturating_sub(LOG_LINES);
        self.log = log.into_iter().skip(self.log_omitted).collect();
        self
    }
}
