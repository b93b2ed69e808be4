//! What a run has measured: the figures, and the table that a person reads.

use super::tally::{COARSE, Cause, FINE, Shared, Tally, histogram};
use bytesize::ByteSize;
use hdrhistogram::Histogram;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// The figures of a run. Times are in microseconds.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) to: String,
    pub(super) plugin: String,
    pub(super) connections: u32,
    pub(super) threads: u32,
    /// Dialogues a second that were asked for.
    pub(super) rate: Option<f64>,
    pub(super) seconds: f64,
    /// Whether somebody ended it early.
    pub(super) interrupted: bool,
    pub(super) dialogues: Count,
    pub(super) turns: Count,
    /// Bytes.
    pub(super) sent: Count,
    pub(super) received: Count,
    pub(super) connected: Count,
    pub(super) failed: u64,
    /// Of all dialogues, 0 to 1.
    pub(super) failed_share: f64,
    pub(super) errors: Vec<Failures>,
    pub(super) connect: Latency,
    pub(super) turn: Latency,
    /// What happened over time.
    pub(super) timeline: Vec<Moment>,
}

/// How many, and how many a second.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Count {
    pub(super) total: u64,
    pub(super) per_second: f64,
}

/// Dialogues that failed for the same cause.
#[derive(Serialize)]
pub(super) struct Failures {
    pub(super) cause: Cause,
    pub(super) count: u64,
    /// The first of them, in words.
    pub(super) example: String,
}

/// How long something took.
#[derive(Serialize)]
pub(super) struct Latency {
    pub(super) count: u64,
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    #[serde(rename = "p99.9")]
    pub(super) p999: f64,
    pub(super) max: f64,
    /// The time within which a share of them was over, each step nearer to all of them.
    pub(super) curve: Vec<Point>,
}

/// A point of the latency curve.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Point {
    /// In percent.
    pub(super) percentile: f64,
    pub(super) time: f64,
}

/// A stretch of the run.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Moment {
    /// When it ended, since the start.
    pub(super) seconds: f64,
    /// Turns a second in it.
    pub(super) turns: f64,
    pub(super) p99: f64,
    /// Dialogues that failed in it.
    pub(super) failed: u64,
}

/// Steps of the curve for each halving of what is left to 100 %.
const STEPS: u32 = 5;

impl Latency {
    fn of(times: &Histogram<u64>) -> Self {
        let at = |quantile| microseconds(times.value_at_quantile(quantile));
        let points = times.iter_quantiles(STEPS).map(|step| Point {
            percentile: step.quantile_iterated_to() * 100.0,
            time: microseconds(step.value_iterated_to()),
        });
        Self {
            count: times.len(),
            mean: times.mean() / 1e3,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: microseconds(times.max()),
            curve: points.collect(),
        }
    }
}

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e3
}

/// The tallies of all threads, looked at again and again.
pub(super) struct Watch {
    tallies: Vec<Shared>,
    spare: Histogram<u64>,
    seen: Seen,
    pub(super) timeline: Vec<Moment>,
}

/// The state at the last look.
#[derive(Clone, Copy, Default)]
struct Seen {
    at: Duration,
    dialogues: u64,
    turns: u64,
    failed: u64,
}

impl Watch {
    pub(super) fn new(tallies: Vec<Shared>) -> Self {
        Self {
            tallies,
            spare: histogram(COARSE),
            seen: Seen::default(),
            timeline: Vec::new(),
        }
    }

    /// Takes note of what happened since the last look.
    pub(super) fn look(&mut self, at: Duration) -> Moment {
        let mut lately = histogram(COARSE);
        let mut now = Seen {
            at,
            ..Seen::default()
        };
        for tally in &self.tallies {
            {
                let mut tally = tally.lock();
                now.dialogues += tally.dialogues;
                now.turns += tally.turns;
                now.failed += tally.errors.iter().sum::<u64>();
                // Swapped, since adding takes longer than anybody should wait.
                std::mem::swap(&mut tally.lately, &mut self.spare);
            }
            // They have the same bounds.
            let _ = lately.add(&self.spare);
            self.spare.reset();
        }
        let took = at.saturating_sub(self.seen.at).as_secs_f64();
        let moment = Moment {
            seconds: at.as_secs_f64(),
            turns: (now.turns - self.seen.turns) as f64 / took.max(f64::MIN_POSITIVE),
            p99: microseconds(lately.value_at_quantile(0.99)),
            failed: now.failed - self.seen.failed,
        };
        self.seen = now;
        self.timeline.push(moment);
        moment
    }

    /// Dialogues that are over, well or not.
    pub(super) fn over(&self) -> u64 {
        self.seen.dialogues + self.seen.failed
    }

    /// Dialogues that failed.
    pub(super) fn failed(&self) -> u64 {
        self.seen.failed
    }

    /// All the tallies in one.
    pub(super) fn sum(&self) -> Tally {
        let mut all = Tally::new();
        debug_assert_eq!(all.turn.sigfig(), FINE);
        for tally in &self.tallies {
            all.add(&tally.lock());
        }
        all
    }
}

impl Report {
    /// The figures of `tally`, which took so long. What the run was is the caller's to say.
    pub(super) fn measured(tally: Tally, time: Duration, timeline: Vec<Moment>) -> Self {
        let seconds = time.as_secs_f64();
        let count = |total: u64| Count {
            total,
            per_second: total as f64 / seconds.max(f64::MIN_POSITIVE),
        };
        let failed: u64 = tally.errors.iter().sum();
        let all = tally.dialogues + failed;
        let errors = Cause::ALL.into_iter().zip(tally.errors).zip(tally.examples);
        Self {
            to: String::new(),
            plugin: String::new(),
            connections: 0,
            threads: 0,
            rate: None,
            seconds,
            interrupted: false,
            dialogues: count(tally.dialogues),
            turns: count(tally.turns),
            sent: count(tally.sent),
            received: count(tally.received),
            connected: count(tally.connections),
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
            turn: Latency::of(&tally.turn),
            timeline,
        }
    }

    /// How many dialogues failed for this cause.
    pub(super) fn count(&self, cause: Cause) -> u64 {
        let mut found = self.errors.iter().filter(|found| found.cause == cause);
        found.next().map_or(0, |found| found.count)
    }
}

/// The table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, plugin, .. } = self;
        let (connections, threads) = (self.connections, self.threads);
        writeln!(
            f,
            "{to}, plugin {plugin}, {}, {}",
            many(connections.into(), "connection"),
            many(threads.into(), "thread")
        )?;
        let early = match self.interrupted {
            true => ", ended early",
            false => "",
        };
        writeln!(f, "{:<12} {:>14.2} s{early}", "time", self.seconds)?;
        for (name, count) in [("dialogues", self.dialogues), ("turns", self.turns)] {
            let (total, rate) = (grouped(count.total), grouped(count.per_second as u64));
            writeln!(f, "{name:<12} {total:>14}   {rate:>12}/s")?;
        }
        for (name, count) in [("sent", self.sent), ("received", self.received)] {
            let (total, rate) = (ByteSize(count.total), ByteSize(count.per_second as u64));
            let (total, rate) = (total.to_string(), rate.to_string());
            writeln!(f, "{name:<12} {total:>14}   {rate:>12}/s")?;
        }
        let connected = grouped(self.connected.total);
        writeln!(f, "{:<12} {connected:>14}", "connected")?;
        let (failed, share) = (grouped(self.failed), self.failed_share * 100.0);
        writeln!(f, "{:<12} {failed:>14}   {share:>11.2} %", "failed")?;
        for Failures { cause, count, .. } in &self.errors {
            writeln!(f, "  {:>25}   {}", grouped(*count), cause.text())?;
        }
        writeln!(
            f,
            "\n{:<10} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "latency", "p50", "p90", "p99", "p99.9", "max"
        )?;
        for (name, latency) in [("connect", &self.connect), ("turn", &self.turn)] {
            let Latency {
                p50,
                p90,
                p99,
                p999,
                max,
                ..
            } = latency;
            write!(f, "{name:<10}")?;
            for time in [p50, p90, p99, p999, max] {
                let text = match latency.count {
                    0 => "-".to_owned(),
                    _ => time_text(*time),
                };
                write!(f, " {text:>10}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// So many of something.
pub(super) fn many(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{} {what}s", grouped(count)),
    }
}

/// A number with a comma after each thousand.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in microseconds, in the unit that suits it, with three digits that matter.
pub(super) fn time_text(microseconds: f64) -> String {
    let (value, unit) = match microseconds {
        0.0..1e3 => (microseconds, "µs"),
        1e3..1e6 => (microseconds / 1e3, "ms"),
        _ => (microseconds / 1e6, "s"),
    };
    let digits = match value {
        0.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_so_that_a_person_reads_them() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(time_text(7.123), "7.12 µs");
        assert_eq!(time_text(12_345.0), "12.3 ms");
        assert_eq!(time_text(1_234_567.0), "1.23 s");
    }
}
