//! Messages about failures of a load, with the flag that helps.

use crate::client::{reach, replies};
use crate::plugin::PluginArg;
use eco_load::{Failure, Fatal, Limit, NotWhole, Report};

/// The reason for refusing a load that neither sends nor waits.
pub(super) const NOTHING_MEASURED: &str = "nothing sent is nothing measured";

/// The message about a dialogue that failed.
pub(super) fn failure(failure: &Failure<'_>) -> String {
    match failure {
        Failure::WrongReply { fault, reply } => replies::wrong(fault, reply),
        Failure::Surplus(bytes) => replies::surplus(bytes),
        Failure::NotWhole { expect, came, why } => {
            let mut text = replies::not_whole(expect, *came, &how_it_broke_off(why));
            if closed_at_once(why, *came) {
                text += "\nA server that closes after each dialogue wants --reconnect.";
            }
            text
        }
        Failure::NotConnected(error) => format!("cannot connect: {error}"),
        Failure::ExpectsTooMuch { bytes, most } => replies::too_large(*bytes, *most),
        Failure::Plugin(error) => format!("the plugin failed: {error}"),
        Failure::Unsteady => {
            "the plugin failed: it says something else to the same bytes than before".to_owned()
        }
        Failure::Program(failure) => replies::program(failure),
        Failure::Unfinished(waited) => {
            format!(
                "a dialogue had waited for {waited:.1?} when it was cut off: the server was slow, or owed it bytes (eco send shows how far a reply comes)"
            )
        }
        Failure::NeverBegun(age) => format!(
            "it was due {age:.1?} before the end (more --connections may help, unless the server stalls)"
        ),
    }
}

fn how_it_broke_off(why: &NotWhole<'_>) -> String {
    match why {
        NotWhole::Broken { broken, most, .. } => replies::broken(broken, *most),
        NotWhole::Timeout(limit) => {
            let limit = humantime::format_duration(*limit);
            format!("it was not over within {limit} (see --timeout)")
        }
    }
}

fn closed_at_once(why: &NotWhole<'_>, came: usize) -> bool {
    let closed = matches!(
        why,
        NotWhole::Broken {
            broken: eco_net::Broken::Short,
            reused: true,
            ..
        }
    );
    closed && came == 0
}

/// The message about the failure that ended the load. `plugin` is the client.
pub(super) fn fatal(fatal: &Fatal, plugin: &PluginArg) -> String {
    let out_of = |error, what| format!("cannot open more connections: {error}\n{what}");
    match fatal {
        Fatal::NothingToMeasure => {
            let name = plugin.name();
            match plugin.has_to_be_program() {
                true => format!(
                    "the program {name} neither sends nor waits for anything: {NOTHING_MEASURED}"
                ),
                false => format!(
                    "a dialogue of the plugin {name} neither sends nor waits for anything: {NOTHING_MEASURED}\nIs the message empty? --size 16 sends so many random bytes."
                ),
            }
        }
        Fatal::OutOfDescriptors(error) => out_of(
            error,
            "Each connection takes a descriptor: raise the limit (ulimit -n), or take fewer --connections.",
        ),
        Fatal::OutOfPorts {
            error,
            sources_given: true,
        } => out_of(
            error,
            "The addresses of --source are not this machine's, or their ports are all in use or cooling down.",
        ),
        Fatal::OutOfPorts {
            error,
            sources_given: false,
        } => out_of(
            error,
            "The ports of this machine's address are all in use or cooling down, some 28,000 of them. Connect from more addresses (to a server on this machine: --source 127.0.0.0/8), or leave out --reconnect.",
        ),
        Fatal::NoServer { to, error } => reach::no_connection(to, error),
    }
}

/// The share of the client's work from which on a faster plugin helps.
const MUCH: f64 = 0.3;

/// Advice where the client, which is `plugin`, was the limit. `processors` are those of the machine.
pub(super) fn advice(report: &Report, plugin: &PluginArg, processors: u32) -> String {
    let Some(limit) = report.client.limit else {
        return String::new();
    };
    let (threads, is_busy) = (report.threads, limit == Limit::Busy);
    let is_shared = report.connections > threads;
    let more_threads = is_shared && threads < processors;
    let helps = [
        (more_threads, "more --threads"),
        (
            report.client.plugin >= MUCH && !plugin.is_built_in(),
            match plugin.has_to_be_program() {
                true => "a faster program",
                false => "a faster client plugin (a compiled one instead of a script)",
            },
        ),
        (is_busy && !more_threads, "a machine of its own"),
        (is_shared, "fewer --connections"),
        (is_busy && report.rate.is_some(), "a lower --rate"),
        (
            !is_busy && !is_shared && report.rate.is_none(),
            "more --connections, which keep the server busy meanwhile",
        ),
    ];
    let helps = helps.into_iter().filter(|(is_true, _)| *is_true);
    let helps: Vec<&str> = helps.map(|(_, what)| what).collect();
    match helps.as_slice() {
        [] => String::new(),
        helps => format!("What helps: {}.", helps.join(", ")),
    }
}
