//! The figures of a run as a table.

use super::latency::Latency;
use super::report::{Failures, Report};
use super::units::{grouped, many, share_text, time_text};
use bytesize::ByteSize;
use std::fmt;

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
        let early = if self.interrupted {
            ", ended early"
        } else {
            ""
        };
        writeln!(f, "{:<12} {:>14.2} s{early}", "time", self.seconds)?;
        for (name, count) in [("dialogues", self.dialogues), ("turns", self.turns)] {
            let (total, rate) = (
                grouped(count.total),
                grouped(count.per_second.round() as u64),
            );
            writeln!(f, "{name:<12} {total:>14}   {rate:>12}/s")?;
        }
        for (name, count) in [("sent", self.sent), ("received", self.received)] {
            let (total, rate) = (ByteSize(count.total), ByteSize(count.per_second as u64));
            let (total, rate) = (total.to_string(), rate.to_string());
            writeln!(f, "{name:<12} {total:>14}   {rate:>12}/s")?;
        }
        let connected = grouped(self.connected.total);
        writeln!(f, "{:<12} {connected:>14}", "connected")?;
        let (failed, share) = (grouped(self.failed), share_text(self.failed_share));
        writeln!(f, "{:<12} {failed:>14}   {share:>13}", "failed")?;
        for Failures { cause, count, .. } in &self.errors {
            writeln!(f, "  {:>25}   {}", grouped(*count), cause.text())?;
        }
        writeln!(
            f,
            "\n{:<10} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "latency", "p50", "p90", "p99", "p99.9", "max"
        )?;
        for (name, latency) in [
            ("connect", &self.connect),
            ("turn", &self.turn),
            ("dialogue", &self.dialogue),
            ("client", &self.client.wait),
        ] {
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
        if let Some(said) = self.client.said(&self.turn) {
            writeln!(f, "\n{said}")?;
            if !self.client.advice.is_empty() {
                writeln!(f, "{}", self.client.advice)?;
            }
        }
        Ok(())
    }
}
