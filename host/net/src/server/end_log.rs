//! The last line of each connection in the log, and its last event.

use super::event::{EndReason, ServerEvent};
use super::state::ServerState;
use super::traffic::Counting;
use crate::counts::Counts;
use crate::end::End;
use crate::limits::Limit;
use eco_contract::{Connection, RepliedAfterFinish};
use eco_text::escape::{Escaped, one_line};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Writes a connection's end to the log and tells the observers, exactly once, whatever happens to its task.
pub(super) struct EndLog {
    id: u64,
    /// The session's version.
    version: Option<u64>,
    opened: Instant,
    pub(super) counts: Counting,
    is_written: bool,
    server: Arc<ServerState>,
}

impl EndLog {
    pub(super) fn new(
        connection: &Connection,
        version: Option<u64>,
        server: Arc<ServerState>,
    ) -> Self {
        let id = connection.id;
        let observer = server.observers.of_stream(connection, version);
        Self {
            id,
            version,
            opened: Instant::now(),
            counts: server.tallies.open(id, observer),
            is_written: false,
            server,
        }
    }

    /// `budget` is the one that the session has broken, if that was the end.
    pub(super) fn close<E: fmt::Display>(mut self, end: &End<E>, budget: Option<&'static str>) {
        let reason = EndReason::from(end);
        match end {
            End::Refused(why) => self.failed(reason, None, &Escaped(why.as_bytes())),
            End::Failed(error) => self.failed(reason, budget, error),
            End::RepliedAfterFinish => {
                self.failed(reason, None, &RepliedAfterFinish);
            }
            End::Unsendable(error) => self.failed(reason, None, error),
            End::PeerReset(error) => self.ended(reason, None, Some(error)),
            End::Idle => self.ended(reason, Some(Limit::IdleTimeout), None),
            End::Stalled => self.ended(reason, Some(Limit::WriteTimeout), None),
            End::Ended | End::ByPlugin(_) | End::Stopping | End::CutOff => {
                self.ended(reason, None, None);
            }
        }
    }

    /// `limit` is the one that was reached, if one was.
    fn ended(&mut self, reason: EndReason, limit: Option<Limit>, error: Option<&dyn fmt::Display>) {
        let duration = self.opened.elapsed();
        let Counts { received, sent, .. } = self.counts.get();
        tracing::info!(
            connection = self.id,
            version = self.version,
            reason = reason.code(),
            received,
            sent,
            duration_ms = milliseconds(duration),
            limit = limit.map(Limit::code),
            error = error.map(tracing::field::display),
            "closed"
        );
        self.tell(reason, duration, None, limit, || error.map(one_line));
    }

    /// `error` may have a session's words, which may be anything.
    fn failed(
        &mut self,
        reason: EndReason,
        budget: Option<&'static str>,
        error: &dyn fmt::Display,
    ) {
        let duration = self.opened.elapsed();
        let error = one_line(error);
        let Counts { received, sent, .. } = self.counts.get();
        tracing::warn!(
            connection = self.id,
            version = self.version,
            reason = reason.code(),
            budget,
            received,
            sent,
            duration_ms = milliseconds(duration),
            %error,
            "closed"
        );
        self.tell(reason, duration, budget, None, || Some(error));
    }

    fn tell(
        &mut self,
        reason: EndReason,
        duration: Duration,
        budget: Option<&'static str>,
        limit: Option<Limit>,
        error: impl FnOnce() -> Option<String>,
    ) {
        self.is_written = true;
        self.server.tallies.end(self.id, reason);
        self.server.observers.tell(|| ServerEvent::Ended {
            id: self.id,
            version: self.version,
            reason,
            counts: self.counts.get(),
            duration,
            budget,
            limit,
            error: error(),
        });
    }
}

/// In steps of a microsecond.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

impl Drop for EndLog {
    fn drop(&mut self) {
        if !self.is_written {
            let error = "the task of this connection was dropped";
            self.failed(EndReason::Dropped, None, &error);
        }
    }
}
