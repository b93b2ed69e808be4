//! The metrics: their names, their meaning, and the figures that they show.
//!
//! Names and units follow <https://prometheus.io/docs/practices/naming/>. A label's values are eco's words, or names that
//! whoever runs eco has chosen: no peer and no plugin can make a series.

use super::exposition::{Exposition, Format, Kind, Samples, seconds};
use super::figures::Figures;
use super::snapshot::{ProcessSnapshot, ServiceSnapshot};
use eco_plugin::CALL_TIMES;

/// A family of metrics, which shows a part of what `S` has.
pub(crate) struct Family<S> {
    pub(crate) name: &'static str,
    kind: Kind,
    pub(crate) help: &'static str,
    write: fn(&S, &mut Samples<'_>),
}

#[cfg(test)]
impl<S> Family<S> {
    /// The word for its kind, for the page.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind.word()
    }
}

const fn family<S>(
    kind: Kind,
    name: &'static str,
    help: &'static str,
    write: fn(&S, &mut Samples<'_>),
) -> Family<S> {
    Family {
        name,
        kind,
        help,
        write,
    }
}

const fn counter<S>(
    name: &'static str,
    help: &'static str,
    write: fn(&S, &mut Samples<'_>),
) -> Family<S> {
    family(Kind::Counter, name, help, write)
}

const fn gauge<S>(
    name: &'static str,
    help: &'static str,
    write: fn(&S, &mut Samples<'_>),
) -> Family<S> {
    family(Kind::Gauge, name, help, write)
}

const fn histogram<S>(
    name: &'static str,
    help: &'static str,
    write: fn(&S, &mut Samples<'_>),
) -> Family<S> {
    family(Kind::Histogram, name, help, write)
}

/// What all services have together.
pub(crate) const OF_PROCESS: &[Family<ProcessSnapshot>] = &[
    gauge(
        "eco_build_info",
        "The version of eco; the value is always 1.",
        |_, out| out.labelled(&[("version", env!("CARGO_PKG_VERSION"))], 1),
    ),
    gauge(
        "eco_memory_bytes",
        "Memory of all instances and of all code, as it counts against eco_memory_limit_bytes.",
        |it, out| out.value(it.shared.memory),
    ),
    gauge(
        "eco_memory_limit_bytes",
        "The budget of memory for all services together (--total-memory).",
        |it, out| out.value(it.total_memory),
    ),
    gauge(
        "eco_calls_waiting",
        "Calls that wait for their turn on a processor: slow ones under way, long ones before they begin, and those for events.",
        |it, out| {
            let queues = [
                ("slow", it.shared.slow),
                ("long", it.shared.calls),
                ("events", it.shared.events),
            ];
            for (queue, waiting) in queues {
                out.labelled(&[("queue", queue)], waiting);
            }
        },
    ),
    counter(
        "eco_log_lines_lost_total",
        "Lines of the log that nobody read in time: eco's own, and those with words of plugins and peers.",
        |it, out| {
            for (words, lost) in [("own", it.lost.own), ("said", it.lost.said)] {
                out.labelled(&[("words", words)], lost);
            }
        },
    ),
];

/// What each service has.
pub(crate) const OF_SERVICES: &[Family<ServiceSnapshot>] = &[
    gauge(
        "eco_connections_open",
        "Connections that have a place, with those whose handshake goes on.",
        |it, out| out.value(it.connections.open),
    ),
    gauge(
        "eco_connections_limit",
        "Connections that may be open (--max-connections).",
        |it, out| out.value(it.connections.most),
    ),
    gauge(
        "eco_connections_waiting",
        "Whether the next connection waits for a place (1). How many wait, only the system knows.",
        |it, out| out.value(u8::from(it.connections.is_full)),
    ),
    counter(
        "eco_connections_waited_total",
        "How often accepting waited for a place.",
        |it, out| out.value(it.connections.waited),
    ),
    counter(
        "eco_connections_accepted_total",
        "Connections that were accepted.",
        |it, out| out.value(it.connections.accepted),
    ),
    counter(
        "eco_connections_refused_total",
        "Accepted connections that were refused before the plugin heard of them, by reason.",
        |it, out| {
            for (reason, count) in &it.refused {
                out.labelled(&[("reason", reason)], count);
            }
        },
    ),
    counter(
        "eco_connections_ended_total",
        "Connections that have ended, by the reason that the log has.",
        |it, out| {
            let mut ended: Vec<(&str, u64)> = Vec::new();
            for (reason, count) in &it.ended {
                match ended.iter_mut().find(|(code, _)| *code == reason.code()) {
                    Some((_, sum)) => *sum += count,
                    None => ended.push((reason.code(), *count)),
                }
            }
            for (reason, count) in ended {
                out.labelled(&[("reason", reason)], count);
            }
        },
    ),
    counter(
        "eco_received_bytes_total",
        "Bytes from peers.",
        |it, out| out.value(it.traffic.received),
    ),
    counter("eco_sent_bytes_total", "Bytes to peers.", |it, out| {
        out.value(it.traffic.sent);
    }),
    counter(
        "eco_chunks_total",
        "Chunks from peers: each is one call of the plugin.",
        |it, out| out.value(it.traffic.chunks),
    ),
    histogram(
        "eco_call_duration_seconds",
        "Time of the plugin's calls by the clock, with all that they waited for; of the shortest, one in 16 is timed.",
        |it, out| {
            for calls in &it.calls {
                let label = ("function", calls.function);
                out.histogram(label, &CALL_TIMES, &calls.by_time, calls.clock);
            }
        },
    ),
    counter(
        "eco_call_cpu_seconds_total",
        "Processor time of the plugin's calls; of those below 10 ms it is the time by the clock.",
        |it, out| {
            for calls in &it.calls {
                out.labelled(&[("function", calls.function)], seconds(calls.cpu));
            }
        },
    ),
    counter(
        "eco_plugin_failures_total",
        "Failures of the plugin, by kind; and by budget, where it broke one.",
        |it, out| {
            for (error, budget, count) in &it.failures {
                let budget = budget.map_or("", |budget| budget.code());
                out.labelled(&[("error", error), ("budget", budget)], count);
            }
        },
    ),
    gauge("eco_instances", "Instances of the plugin.", |it, out| {
        out.value(it.instances)
    }),
    gauge(
        "eco_instance_memory_bytes",
        "Memory of these instances together, as it counts in eco_memory_bytes; without what their running calls hold.",
        |it, out| out.value(it.memory),
    ),
    gauge(
        "eco_instance_memory_limit_bytes",
        "Linear memory that one instance may have (--memory).",
        |it, out| out.value(it.memory_limit),
    ),
    gauge(
        "eco_compiling",
        "Compilations that go on: of plugins, of interpreters, and of snapshots.",
        |it, out| out.value(it.compiling),
    ),
    gauge(
        "eco_plugin_version",
        "The version of the plugin that new connections get.",
        |it, out| out.value(it.version),
    ),
    counter(
        "eco_reloads_total",
        "Reloads of what is new on disk, by result.",
        |it, out| {
            out.labelled(&[("result", "done")], it.reloaded);
            out.labelled(&[("result", "failed")], it.not_reloaded);
        },
    ),
    gauge(
        "eco_topics",
        "Topics that have members on this host.",
        |it, out| out.value(it.state.topics),
    ),
    gauge(
        "eco_topic_members",
        "Members of these topics, as this host knows them.",
        |it, out| out.value(it.state.members),
    ),
    gauge(
        "eco_events_waiting_bytes",
        "Bytes of events that wait for plugins.",
        |it, out| out.value(it.state.waiting),
    ),
    gauge(
        "eco_events_waiting_limit_bytes",
        "Most bytes of events that may wait (--waiting-size).",
        |it, out| out.value(it.limits.waiting),
    ),
    counter(
        "eco_events_missed_total",
        "Events that a mailbox had no room for.",
        |it, out| out.value(it.state.missed),
    ),
    gauge(
        "eco_store_keys",
        "Keys of the store. On Redis nobody knows.",
        |it, out| {
            if let Some(keys) = it.state.keys {
                out.value(keys);
            }
        },
    ),
    gauge(
        "eco_store_keys_limit",
        "Keys that it may have (--store-keys).",
        |it, out| out.value(it.limits.keys),
    ),
    gauge(
        "eco_store_bytes",
        "Bytes of the store. On Redis nobody knows.",
        |it, out| {
            if let Some(bytes) = it.state.store {
                out.value(bytes);
            }
        },
    ),
    gauge(
        "eco_store_limit_bytes",
        "Most bytes that it may have (--store-size).",
        |it, out| out.value(it.limits.store),
    ),
    counter(
        "eco_store_commits_total",
        "Transactions that were written to the file of the store, where it is in one.",
        |it, out| {
            if let Some(commits) = it.state.commits {
                out.value(commits);
            }
        },
    ),
    gauge(
        "eco_state_up",
        "Whether topics and store can be reached (1). Only a link to Redis can be down.",
        |it, out| out.value(u8::from(it.state.is_there)),
    ),
];

/// All metrics of these figures, as they are now.
pub(super) fn write(figures: &Figures, format: Format) -> String {
    let mut exposition = Exposition::new(format);
    let process = figures.of_process();
    for family in OF_PROCESS {
        exposition.begin(family.name, family.kind, family.help);
        (family.write)(&process, &mut exposition.samples(family.name, None));
    }
    let services = figures.of_services();
    for family in OF_SERVICES {
        exposition.begin(family.name, family.kind, family.help);
        for (name, service) in &services {
            let mut samples = exposition.samples(family.name, name.as_deref());
            (family.write)(service, &mut samples);
        }
    }
    exposition.finish()
}
