//! The arguments of `eco load`.

use crate::arguments::budgets::BudgetArgs;
use crate::arguments::program::SettingsArgs;
use crate::arguments::proxy_protocol::HeaderArgs;
use crate::arguments::ranges;
use crate::arguments::tls::ClientTlsArgs;
use crate::client::message::MessageArgs;
use bytesize::ByteSize;
use clap::ValueHint;
use eco_net::ConnectAddress;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  eco load                              64 connections to an echo server, 10 s
  eco load -c 1000 -d 1m --size 16KiB   1000 connections, 16 KiB at a time
  eco load -n 100000                    so many dialogues, as fast as they go
  eco load --rate 5000                  5000 a second, if it keeps up or not
  eco load --reconnect                  a new connection for each dialogue
  eco load -p dialogue.js -t host:7     your client plugin checks every reply
  eco load --stdio client.wasm          a program of WASI holds each dialogue
  eco load --html load.html             a page, with latency and rate in plots
  eco load -c 16000 --source 127.0.0.0/8

With --rate, latency counts from when a turn was due, so that a server that stalls can't hide it. \
At its end, what is under way has one more second. Ctrl-C ends a run early, as if its time were over; a \
second one at once. The table goes to stdout; times in --json are microseconds.

Exit codes:
  0 all right   1 a reply was wrong, or too many dialogues failed   64 usage
  65 the plugin failed   69 cannot connect, or out of ports   130 interrupted

Sizes are 16, 64KiB, 1MiB ...; times are 500ms, 10s, 5m ...";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    pub(crate) message: MessageArgs,
    /// Send so many random bytes, the same ones in every dialogue
    #[arg(long, value_name = "SIZE", conflicts_with_all = ["message", "file"])]
    pub(crate) size: Option<ByteSize>,
    /// Where to connect to; unix:PATH is a Unix socket
    #[arg(
        short,
        long,
        default_value = "127.0.0.1:5005",
        value_name = "ADDR:PORT"
    )]
    pub(crate) to: ConnectAddress,
    /// A client plugin, as with eco send: the built-in echo, a script, a component or a folder
    #[arg(short, long, default_value = "echo", value_name = "PLUGIN", value_hint = ValueHint::FilePath)]
    pub(crate) plugin: OsString,
    /// A program holds each dialogue, on a connection of its own: what it writes is sent, and what comes it reads. If it exits with another code than 0, a reply was wrong
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::FilePath, conflicts_with_all = ["plugin", "message", "file", "size"])]
    pub(crate) stdio: Option<OsString>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[arg(short, long, default_value = "64", value_name = "N", value_parser = clap::value_parser!(u32).range(ranges::CONNECTIONS), help = ranges::with("Connections at the same time, each with one dialogue after the other", &ranges::numbers(&ranges::CONNECTIONS)))]
    pub(crate) connections: u32,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(ranges::AT_ONCE), help = ranges::one_for_each_processor("Threads that drive them"))]
    pub(crate) threads: Option<u32>,
    /// How long to go on
    #[arg(short, long, default_value = "10s", value_name = "TIME", value_parser = some_time)]
    pub(crate) duration: Duration,
    /// Stop after so many dialogues instead
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "duration", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// Start so many dialogues a second, evenly spaced; without it each connection starts its next one at once
    #[arg(short, long, value_name = "N", value_parser = positive)]
    pub(crate) rate: Option<f64>,
    /// Open the connections evenly over this time
    #[arg(long, default_value = "0s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) ramp_up: Duration,
    /// A new connection for each dialogue
    #[arg(long)]
    pub(crate) reconnect: bool,
    /// Connect from this address, or from those of this network in turn, such as 127.0.0.0/8
    #[arg(long, value_name = "ADDR[/BITS]")]
    pub(crate) source: Option<eco_load::Sources>,
    #[command(flatten)]
    pub(crate) header: HeaderArgs,
    /// How long connecting may take, and each turn of a dialogue; with --stdio, how long the server may be silent
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
    /// Memory of the replies of all connections together; a dialogue for which there is none left fails [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub(crate) total_reply: Option<ByteSize>,
    /// The share of dialogues that may fail; a wrong reply is never forgiven
    #[arg(long, default_value = "0%", value_name = "PERCENT", value_parser = percent)]
    pub(crate) max_errors: f64,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page with plots to this file too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tls: ClientTlsArgs,
    #[command(flatten)]
    pub(crate) budgets: BudgetArgs,
}

fn some_time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time.is_zero() => Err("expected more than no time, such as 500ms".to_owned()),
        result => result.map_err(|error| format!("{error}; expected a time, such as 500ms or 10s")),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if f64::is_finite(rate) && rate > 0.0 => Ok(rate),
        _ => Err("expected a number above 0, of dialogues a second".to_owned()),
    }
}

/// A percentage, with or without the sign.
fn percent(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').unwrap_or(text).trim().parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a percentage, such as 1% or 0.5%".to_owned()),
    }
}
