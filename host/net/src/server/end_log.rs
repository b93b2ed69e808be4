//! The last line of each connection in the log.

use super::connection::{Counts, End};
use super::limits::Limit;
use eco_contract::RepliedAfterFinish;
use eco_text::escape::{Escaped, one_line};
use std::io;
use tokio::time::Instant;

/// Writes a connection's end to the log, exactly once, whatever happens to its task.
pub(super) struct EndLog {
    id: u64,
    /// The session's version.
    version: Option<u64>,
    opened: Instant,
    pub(super) counts: Counts,
    written: bool,
}

impl EndLog {
    pub(super) fn new(id: u64, version: Option<u64>) -> Self {
        Self {
            id,
            version,
            opened: Instant::now(),
            counts: Counts::default(),
            written: false,
        }
    }

    /// `budget` is the one that the session has broken, if that was the end.
    pub(super) fn close<E: std::fmt::Display>(mut self, end: &End<E>, budget: Option<&str>) {
        let reason = end.reason().code();
        match end {
            End::Refused(why) => self.failed("refused", None, &Escaped(why.as_bytes())),
            End::Failed(error) => self.failed(reason, budget, error),
            End::RepliedAfterFinish => {
                self.failed(reason, None, &RepliedAfterFinish);
            }
            End::PeerReset(error) => self.ended(reason, None, Some(error)),
            End::Idle => self.ended(reason, Some(Limit::IdleTimeout), None),
            End::Stalled => self.ended(reason, Some(Limit::WriteTimeout), None),
            _ => self.ended(reason, None, None),
        }
    }

    /// The time since it was opened, in steps of a microsecond.
    fn milliseconds(&self) -> f64 {
        (self.opened.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }

    /// `limit` is the one that was reached, if one was.
    fn ended(&mut self, reason: &str, limit: Option<Limit>, error: Option<&io::Error>) {
        self.written = true;
        let Counts { received, sent } = self.counts;
        let duration_ms = self.milliseconds();
        let error = error.map(tracing::field::display);
        tracing::info!(
            connection = self.id,
            version = self.version,
            reason,
            received,
            sent,
            duration_ms,
            limit = limit.map(Limit::code),
            error,
            "closed"
        );
    }

    /// `error` may have a session's words, which may be anything.
    fn failed(&mut self, reason: &str, budget: Option<&str>, error: &dyn std::fmt::Display) {
        self.written = true;
        let error = one_line(error);
        let Counts { received, sent } = self.counts;
        let duration_ms = self.milliseconds();
        tracing::warn!(
            connection = self.id,
            version = self.version,
            reason,
            budget,
            received,
            sent,
            duration_ms,
            %error,
            "closed"
        );
    }
}

impl Drop for EndLog {
    fn drop(&mut self) {
        if !self.written {
            self.failed("dropped", None, &"the task of this connection was dropped");
        }
    }
}
