//! One connection in a run: the bytes sent, the replies, and the expected replies.
//!
//! It owns the comparison.

use super::case::Pattern;
use super::clock::Clock;
use super::verdict::Verdict;
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

/// Bytes that a connection keeps beyond those sent and expected. More ends the run: a plugin that floods
/// must not fill the tester's memory. Test: `judging::verdicts::a_plugin_that_answers_without_end_is_stopped`.
pub(super) const SURPLUS: usize = 1024 * 1024;

/// A condition at a place of the stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected<'a> {
    Next(&'a Pattern),
    Close,
}

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unopened,
    Open,
    /// The plugin will send no more, and still gets chunks.
    Finished,
    /// It is over, in order.
    Closed,
    /// The plugin has reset it.
    Reset,
}

impl State {
    /// Whether nothing more can come from the plugin.
    fn has_ended(self) -> bool {
        matches!(self, Self::Finished | Self::Closed | Self::Reset)
    }

    /// Whether the plugin still gets the bytes sent.
    pub(super) fn takes_input(self) -> bool {
        matches!(self, Self::Open | Self::Finished)
    }
}

/// A chunk that the plugin got.
#[derive(Clone, Debug)]
struct Delivered {
    /// Its range in the bytes sent.
    sent: Range<usize>,
    /// Bytes that had come back when it was answered.
    replied: usize,
}

/// A difference from the expected.
#[derive(Clone, Debug)]
pub(super) struct Divergence<'a> {
    pub(super) verdict: Verdict,
    /// Its place in the stream of replies.
    pub(super) offset: usize,
    /// The expected bytes at that place.
    pub(super) expected: Option<&'a Pattern>,
}

pub(super) struct Stream<'a> {
    /// Bytes of replies that are kept.
    most: usize,
    sent: &'a [u8],
    /// The ends of the chunks still to come.
    ends: VecDeque<usize>,
    /// Bytes that the steps have sent so far.
    available: usize,
    delivered: Vec<Delivered>,
    replies: Vec<u8>,
    /// Bytes of the replies that were right.
    matched: usize,
    /// Conditions to check, each when so many bytes have been delivered.
    pending: VecDeque<(usize, Expected<'a>)>,
    pub(super) state: State,
    /// Whether the plugin may end the connection: by the case, or since the client has.
    may_end: bool,
    /// Whether the last step expected something, so that nothing more may have come.
    settled: bool,
}

impl<'a> Stream<'a> {
    /// A connection that sends these bytes, in chunks with these ends. `expected` is the number of bytes in
    /// reply, as far as the case says it.
    pub(super) fn new(sent: &'a [u8], ends: BTreeSet<usize>, expected: usize) -> Self {
        Self {
            most: sent.len().saturating_add(expected).saturating_add(SURPLUS),
            sent,
            ends: ends.into_iter().collect(),
            available: 0,
            delivered: Vec::new(),
            replies: Vec::new(),
            matched: 0,
            pending: VecDeque::new(),
            state: State::Unopened,
            may_end: false,
            settled: false,
        }
    }

    fn position(&self) -> usize {
        self.delivered.last().map_or(0, |chunk| chunk.sent.end)
    }

    /// Lets so many more bytes be sent.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.available += bytes;
        self.settled = false;
    }

    /// The next chunk, if all of it may be sent.
    pub(super) fn next_chunk(&mut self) -> Option<&'a [u8]> {
        let end = *self.ends.front().filter(|end| **end <= self.available)?;
        self.ends.pop_front();
        let range = self.position()..end;
        let chunk = self.sent.get(range.clone()).unwrap_or_default();
        self.delivered.push(Delivered {
            sent: range,
            replied: self.replies.len(),
        });
        Some(chunk)
    }

    pub(super) fn take(&mut self, reply: &[u8]) -> Result<(), Divergence<'a>> {
        self.replies.extend_from_slice(reply);
        let length = self.replies.len();
        if let Some(chunk) = self.delivered.last_mut() {
            chunk.replied = length;
        }
        if length > self.most {
            Err(diverge(Verdict::ExtraBytes, self.matched, None))
        } else {
            Ok(())
        }
    }

    /// Adds a condition that must hold once all bytes sent so far are delivered.
    pub(super) fn expect(&mut self, expected: Expected<'a>) {
        if matches!(expected, Expected::Close) {
            self.may_end = true;
        }
        self.pending.push_back((self.available, expected));
        self.settled = true;
    }

    /// Ends the connection for the client. The plugin may end it too.
    pub(super) fn client_ends(&mut self) {
        self.may_end = true;
    }

    /// Checks the conditions that are ready, as long as the clock has time left: thousands of patterns may
    /// have waited for one chunk.
    pub(super) fn check(&mut self, clock: &Clock) -> Result<(), Divergence<'a>> {
        let position = self.position();
        while let Some((_, expected)) = self.pending.pop_front_if(|(place, _)| *place <= position) {
            match expected {
                Expected::Next(pattern) => {
                    clock.check().map_err(|used_up| {
                        let verdict = Verdict::Internal(used_up.to_string());
                        diverge(verdict, self.matched, None)
                    })?;
                    self.check_next(pattern)?;
                }
                Expected::Close => {
                    self.check_nothing_more()?;
                    match self.state {
                        State::Finished | State::Closed => {}
                        // Bytes sent before a reset may be lost.
                        State::Reset => return Err(self.ended_early()),
                        State::Unopened | State::Open => {
                            return Err(diverge(Verdict::NotClosed, self.matched, None));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn check_next(&mut self, pattern: &'a Pattern) -> Result<(), Divergence<'a>> {
        let came = self.replies.get(self.matched..).unwrap_or_default();
        let (right, whole) = match pattern {
            Pattern::Bytes(bytes) => {
                let pairs = bytes.iter().zip(came);
                let right = pairs.take_while(|(wanted, came)| wanted == came).count();
                (right, right == bytes.len())
            }
            Pattern::Regex(expression) => match expression.end_in(came) {
                Ok(Some(end)) => (end, true),
                Ok(None) => (0, false),
                Err(too_long) => {
                    let verdict = Verdict::Internal(too_long.to_string());
                    return Err(diverge(verdict, self.matched, Some(pattern)));
                }
            },
        };
        if whole {
            self.matched += right;
            return Ok(());
        }
        let verdict = match (right == came.len(), self.state.has_ended()) {
            (false, _) => Verdict::WrongBytes,
            (true, true) => Verdict::ClosedEarly,
            (true, false) => Verdict::MissingBytes,
        };
        Err(diverge(verdict, self.matched + right, Some(pattern)))
    }

    /// Checks, before the client goes on, that nothing unexpected came, neither bytes nor an end. While bytes
    /// are still to be delivered, nothing is checked.
    pub(super) fn check_settled(&self) -> Result<(), Divergence<'a>> {
        if self.settled && self.pending.is_empty() && self.position() == self.available {
            self.check_end()
        } else {
            Ok(())
        }
    }

    /// Checks the end of the case.
    pub(super) fn check_end(&self) -> Result<(), Divergence<'a>> {
        self.check_nothing_more()?;
        if self.state.has_ended() && !self.may_end {
            Err(self.ended_early())
        } else {
            Ok(())
        }
    }

    fn ended_early(&self) -> Divergence<'a> {
        diverge(Verdict::ClosedEarly, self.matched, None)
    }

    fn check_nothing_more(&self) -> Result<(), Divergence<'a>> {
        if self.replies.len() > self.matched {
            Err(diverge(Verdict::ExtraBytes, self.matched, None))
        } else {
            Ok(())
        }
    }

    /// The replies so far.
    pub(super) fn replies(&self) -> &[u8] {
        &self.replies
    }

    /// The right part of them.
    pub(super) fn right(&self) -> &[u8] {
        self.replies.get(..self.matched).unwrap_or_default()
    }

    /// The chunk answered at `offset` of the replies: its number, counted from 1, and its range in the bytes
    /// sent. The last one, if nothing came; `None` before the first.
    pub(super) fn chunk_at(&self, offset: usize) -> Option<(usize, Range<usize>)> {
        let answered = self
            .delivered
            .iter()
            .position(|chunk| chunk.replied > offset);
        let index = answered.or(self.delivered.len().checked_sub(1))?;
        let chunk = self.delivered.get(index)?;
        Some((index + 1, chunk.sent.clone()))
    }
}

fn diverge(verdict: Verdict, offset: usize, expected: Option<&Pattern>) -> Divergence<'_> {
    Divergence {
        verdict,
        offset,
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Thousands of patterns may have waited for one chunk, and each takes its time.
    #[test]
    fn nothing_more_is_looked_at_when_the_time_is_used_up() {
        let pattern = Pattern::Bytes(b"a".to_vec());
        let mut stream = Stream::new(b"a", BTreeSet::from([1]), 1);
        stream.expect(Expected::Next(&pattern));
        let none = Clock::new(Duration::ZERO);
        let stopped = stream.check(&none).map_err(|found| found.verdict.code());
        assert_eq!(stopped, Err("internal"));
        let mut stream = Stream::new(b"a", BTreeSet::from([1]), 1);
        stream.expect(Expected::Next(&pattern));
        let some = Clock::new(Duration::from_secs(100));
        let looked = stream.check(&some).map_err(|found| found.verdict.code());
        assert_eq!(looked, Err("missing-bytes"));
    }
}
