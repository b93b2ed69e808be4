//! What a run has measured: the figures, for whatever they are shown in.

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
    /// When it began, as RFC 3339 has it.
    pub date: String,
    /// The server, as it was named.
    pub to: String,
    /// The client plugin.
    pub plugin: String,
    /// At the same time.
    pub connections: u32,
    /// That drove them.
    pub threads: u32,
    /// Dialogues a second that were asked for.
    pub rate: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// Whether somebody ended it early.
    pub interrupted: bool,
    /// That ended well.
    pub dialogues: Count,
    /// Turns that ended well.
    pub turns: Count,
    /// Bytes.
    pub sent: Count,
    /// Bytes.
    pub received: Count,
    /// Connections that were made.
    pub connected: Count,
    /// Dialogues that failed.
    pub failed: u64,
    /// Of all dialogues, 0 to 1.
    pub failed_share: f64,
    /// Those, by their causes.
    pub errors: Vec<Failures>,
    /// How long connecting took.
    pub connect: Latency,
    /// How long a turn took the server: from the write to the arrival of the reply, or from when it was due. Those that
    /// sent nothing and found their reply there have waited for nobody, and are not among them.
    pub turn: Latency,
    /// How long a dialogue took, with what the client took between turns that waited: from its first write, or from when it was
    /// due, to the arrival of its last reply.
    pub dialogue: Latency,
    /// What the client itself took.
    pub client: ClientTime,
    /// What happened over time.
    pub timeline: Vec<Moment>,
}

/// How many, and how many a second.
#[derive(Clone, Copy, Serialize)]
pub struct Count {
    /// In all.
    pub total: u64,
    /// Each second.
    pub per_second: f64,
}

/// Dialogues that failed for the same cause.
#[derive(Serialize)]
pub struct Failures {
    /// Why.
    pub cause: Cause,
    /// How many.
    pub count: u64,
    /// The first of them, in words.
    pub example: String,
}

/// A stretch of the run.
#[derive(Clone, Copy, Serialize)]
pub struct Moment {
    /// When it ended, since the start.
    pub seconds: f64,
    /// Turns a second in it.
    pub turns: f64,
    /// Of the turns that ended in it; 0 where none did.
    pub p99: f64,
    /// Dialogues that failed in it.
    pub failed: u64,
}

/// What there was until nothing new began any more.
pub(super) struct InTime {
    pub(super) tally: Tally,
    /// What each thread had done.
    pub(super) worked: Vec<Worked>,
}

impl Report {
    /// The figures of `tally`, of which `in_time` was counted in so much time, and the rest while what
    /// was under way then came to its end. What the run was is the caller's to say.
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

    /// Bytes of a message, and of the reply to it, on average.
    pub fn sizes(&self) -> (u64, u64) {
        let turns = self.turns.total.max(1);
        (self.sent.total / turns, self.received.total / turns)
    }

    /// How many dialogues failed for this cause.
    pub fn count(&self, cause: Cause) -> u64 {
        let mut found = self.errors.iter().filter(|found| found.cause == cause);
        found.next().map_or(0, |found| found.count)
    }
}
