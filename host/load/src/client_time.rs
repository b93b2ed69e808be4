//! The client's own share of a run, and whether the client was its limit.
//!
//! It owns the judgement. The caller adds the advice.

use super::idle::Worked;
use super::latency::Latency;
use super::units::{finite, percent_text, time_text};
use serde::Serialize;
use std::time::Duration;

/// A thread busy for this share of its time is almost always busy: replies wait until it looks at them.
const NEARLY_ALWAYS: f64 = 0.95;

/// At this share of the server's latency, the client visibly lowers the rate of turns.
const NOTICED: f64 = 0.1;

/// With arrival times for this share of the replies, the medians tell server and client apart.
const MOSTLY: f64 = 0.5;

/// The client's own share of a run.
#[derive(Serialize)]
pub struct ClientTime {
    /// The busy share of the busiest thread's time, 0 to 1.
    pub busy: f64,
    /// The plugin's share of the threads' busy time, 0 to 1: starts of its instances, and its calls.
    pub plugin: f64,
    /// Time that turns waited for the client: from the arrival of the reply to the next turn or the end of
    /// the dialogue, and before a first turn that could have begun.
    pub wait: Latency,
    /// The share of waiting turns whose reply the system stamped with its arrival, 0 to 1. Without a stamp,
    /// the time that a reply lay there while the thread was busy counts as the server's.
    pub stamped: f64,
    /// How the client limited the run, if it did.
    pub limit: Option<Limit>,
    /// Advice against that, in words. Empty until the caller fills it in.
    pub advice: String,
}

/// A way in which the client limited a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// A thread was busy nearly all the time.
    Busy,
    /// At the median, it took more than a tenth of the server's time.
    Slow,
}

impl ClientTime {
    /// Judges the work of the threads. `plugin` is their time in the plugin, `wait` the turns' wait for the
    /// client, and `turn` their wait for the server.
    pub(super) fn measured(
        worked: &[Worked],
        plugin: Duration,
        wait: Latency,
        turn: &Latency,
    ) -> Self {
        let busy = worked.iter().map(Worked::share).fold(0.0, f64::max);
        let work: Duration = worked.iter().map(|worked| worked.busy).sum();
        let plugin = plugin.as_secs_f64() / work.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            busy,
            plugin: plugin.min(1.0),
            stamped: 0.0,
            limit: limit(busy, &wait, turn),
            wait,
            advice: String::new(),
        }
    }

    /// The client's limit in words, if it was one. `turn` is the server's latency.
    pub(super) fn said(&self, turn: &Latency) -> Option<String> {
        let waits = format!(
            "half of the turns waited {} or longer for it, and {} for the server",
            time_text(finite(self.wait.p50)),
            time_text(finite(turn.p50))
        );
        let mut said = match self.limit? {
            Limit::Busy => {
                let (busy, plugin) = (percent_text(self.busy), percent_text(self.plugin));
                format!(
                    "The client was the limit: its busiest thread worked {busy} of the time, {plugin} of that in the plugin; {waits}."
                )
            }
            Limit::Slow => format!("The client was part of the limit: {waits}."),
        };
        if self.stamped < MOSTLY {
            said += " Some of the latter may be the former: replies counted as arrived when they were read.";
        }
        Some(said)
    }
}

fn limit(busy: f64, wait: &Latency, turn: &Latency) -> Option<Limit> {
    if wait.count == 0 {
        None
    } else if busy >= NEARLY_ALWAYS {
        Some(Limit::Busy)
    } else if wait.p50 > turn.p50 * NOTICED {
        Some(Limit::Slow)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::{FINE, histogram};

    /// The latency of turns that all took so many microseconds.
    fn latency(microseconds: u64) -> Latency {
        let mut times = histogram(FINE);
        times.saturating_record(microseconds * 1000);
        Latency::of(&times)
    }

    fn measured(busy: u64, wait: u64, turn: u64) -> Option<Limit> {
        let worked = [busy, 10].map(|percent| Worked {
            busy: Duration::from_millis(percent),
            all: Duration::from_millis(100),
        });
        let plugin = Duration::from_millis(5);
        ClientTime::measured(&worked, plugin, latency(wait), &latency(turn)).limit
    }

    #[test]
    fn a_client_is_the_limit_that_is_busy_or_takes_a_tenth() {
        assert_eq!(measured(96, 1, 1000), Some(Limit::Busy));
        assert_eq!(measured(90, 120, 1000), Some(Limit::Slow));
        assert_eq!(measured(90, 90, 1000), None);
    }

    #[test]
    fn where_no_turn_came_to_its_end_nobody_knows() {
        let none = || Latency::of(&histogram(FINE));
        let worked = [Worked {
            busy: Duration::ZERO,
            all: Duration::ZERO,
        }];
        let client = ClientTime::measured(&worked, Duration::ZERO, none(), &none());
        assert_eq!((client.busy, client.plugin), (0.0, 0.0));
        assert_eq!(client.said(&none()), None);
    }
}
