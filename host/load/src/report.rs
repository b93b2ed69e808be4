//! The figures of a run, for every form of display.

use super::client_time::ClientTime;
use super::failure::Cause;
use super::idle::Worked;
use super::latency::Latency;
use super::tally::Tally;
use serde::Serialize;
use std::time::Duration;

/// The figures of a run. Times are in microseconds.
#[derive(Serialize)]
pub struct Report {
    /// The version of eco that measured.
    pub version: &'static str,
    /// When it began, in the form of RFC 3339.
    pub date: String,
    /// The server, as the user named it.
    pub to: String,
    /// The client plugin.
    pub plugin: String,
    /// Connections open at once.
    pub connections: u32,
    /// Threads that drove them.
    pub threads: u32,
    /// Requested dialogues per second.
    pub rate: Option<f64>,
    /// Its duration.
    pub seconds: f64,
    /// Whether it was ended early.
    pub interrupted: bool,
    /// Dialogues that ended well.
    pub dialogues: Count,
    /// Turns that ended well.
    pub turns: Count,
    /// Bytes sent.
    pub sent: Count,
    /// Bytes received.
    pub received: Count,
    /// Connections that were made.
    pub connected: Count,
    /// Dialogues that failed.
    pub failed: u64,
    /// Their share of all dialogues, 0 to 1.
    pub failed_share: f64,
    /// Failed dialogues by cause.
    pub errors: Vec<Failures>,
    /// Time to connect.
    pub connect: Latency,
    /// Time that turns took the server: from the write, or the due time, to the arrival of the reply. Turns
    /// that sent nothing and found their reply waited for nobody, and don't count.
    pub turn: Latency,
    /// Time that dialogues took, the client's own time between waiting turns included: from the first write,
    /// or the due time, to the arrival of the last reply.
    pub dialogue: Latency,
    /// The client's own share.
    pub client: ClientTime,
    /// The run, moment by moment.
    pub timeline: Vec<Moment>,
}

/// A count and its rate.
#[derive(Clone, Copy, Serialize)]
pub struct Count {
    /// In all.
    pub total: u64,
    /// Each second.
    pub per_second: f64,
}

/// Dialogues that failed for one cause.
#[derive(Serialize)]
pub struct Failures {
    /// The cause.
    pub cause: Cause,
    /// Their number.
    pub count: u64,
    /// The first of them, in words.
    pub example: String,
}

/// A stretch of the run.
#[derive(Clone, Copy, Serialize)]
pub struct Moment {
    /// Its end, counted from the start.
    pub seconds: f64,
    /// Turns per second.
    pub turns: f64,
    /// The 99th percentile of the turns that ended in it; 0 if none did.
    pub p99: f64,
    /// Dialogues that failed in it.
    pub failed: u64,
}

/// The state at the end of the run, before dialogues under way finished.
pub(super) struct InTime {
    pub(super) tally: Tally,
    /// The work of each thread.
    pub(super) worked: Vec<Worked>,
}

impl Report {
    /// The figures of `tally`. The part in `in_time` was counted within `time`; the rest came while
    /// dialogues under way finished. The caller adds the settings.
    pub(super) fn measured(
        tally: Tally,
        in_time: &InTime,
        time: Duration,
        timeline: Vec<Moment>,
    ) -> Self {
        let seconds = time.as_secs_f64();
        let count = |of: fn(&Tally) -> u64| Count {
            total: of(&tally),
            per_second: of(&in_time.tally) as f64 / seconds.max(f64::MIN_POSITIVE),
        };
        let [dialogues, turns, sent, received, connected] = [
            count(|tally| tally.dialogues),
            count(|tally| tally.turns),
            count(|tally| tally.sent),
            count(|tally| tally.received),
            count(|tally| tally.connections),
        ];
        let failed: u64 = tally.errors.iter().sum();
        let all = tally.dialogues + failed;
        let turn = Latency::of(&tally.turn);
        let wait = Latency::of(&tally.client);
        let client = ClientTime {
            stamped: tally.stamped as f64 / tally.timed.max(1) as f64,
            ..ClientTime::measured(&in_time.worked, in_time.tally.plugin, wait, &turn)
        };
        let errors = Cause::ALL.into_iter().zip(tally.errors).zip(tally.examples);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            date: String::new(),
            to: String::new(),
            plugin: String::new(),
            connections: 0,
            threads: 0,
            rate: None,
            seconds,
            interrupted: false,
            dialogues,
            turns,
            sent,
            received,
            connected,
            failed,
            failed_share: failed as f64 / all.max(1) as f64,
            errors: errors
                .filter(|((_, count), _)| *count > 0)
                .map(|((cause, count), example)| Failures {
                    cause,
                    count,
                    example: example.unwrap_or_default(),
                })
                .collect(),
            connect: Latency::of(&tally.connecting),
            turn,
            dialogue: Latency::of(&tally.dialogue),
            client,
            timeline,
        }
    }

    /// Average bytes of a message, and of its reply.
    pub fn sizes(&self) -> (u64, u64) {
        let turns = self.turns.total.max(1);
        (self.sent.total / turns, self.received.total / turns)
    }

    /// Dialogues that failed for this cause.
    pub fn count(&self, cause: Cause) -> u64 {
        let mut found = self.errors.iter().filter(|found| found.cause == cause);
        found.next().map_or(0, |found| found.count)
    }
}
