//! What may be typed, and the help that teaches it.

use crate::arguments::defaults;
use crate::arguments::ranges;
use crate::author_args::{BuildArgs, CallArgs, InspectArgs, NewArgs, SetupCommand};
use crate::budget_args::BudgetArgs;
use crate::client::message::MessageArgs;
use crate::exercise_args::{CheckArgs, ExerciseCommand, GradeArgs};
use crate::load::LoadArgs;
use crate::shared_args::SharedArgs;
use crate::state::StateCommand;
use bytesize::ByteSize;
use clap::{ArgAction, Parser, Subcommand, ValueEnum, ValueHint};
use eco_net::{Endpoint, Limits};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  eco serve                          an echo server on 127.0.0.1:5005
  eco send 'hello'                   in another terminal: prints hello
  eco serve -p upper.js              a plugin of your own answers
  eco serve -l 0.0.0.0:5005          serves the machines next door
  eco send -t 192.168.1.7:5005       ... which try it with this
  eco load -c 1000 -d 30s            how fast is it, and is every reply right?
  eco exercise start echo my-echo    an exercise, whose solution eco checks

Exit codes:
  0 all right   1 a reply was wrong, or a case failed   64 usage   65 bad plugin
  69 cannot connect or listen, or a tool is missing   70 internal error
  130 interrupted";

const SERVE_EXAMPLES: &str = "\
Examples:
  eco serve                            echo, on 127.0.0.1:5005
  eco serve -v --chunk-size 16         watch every chunk, 16 bytes at a time
  eco serve -p upper.js --watch        your script, and what you change in it
  eco serve -p ./upper.wasm            your component answers
  eco serve -l 127.0.0.1:0             any free port; the first line says which
  eco serve -l '[::]:7'                every address, IPv6 and (on Linux) IPv4
  eco serve -q --log-format json       failures alone, for a machine
  eco serve --cpu 50ms --memory 8MiB   tight budgets for untrusted plugins
  eco serve -p chat.js --state redis://db:6379    many servers, one chat room

Sizes are 16, 64KiB, 1MiB ...; times are 500ms, 10s, 5m ...; a timeout of 0 means never.";

const SEND_EXAMPLES: &str = "\
Examples:
  eco send                           the plugin's own message
  eco send 'hello'                   prints the reply
  printf 'a\\nb\\n' | eco send -       the message from stdin
  eco send -f photo.jpg > copy.jpg   a file there and back: is it the same?
  eco send -t '[::1]:7' -p dialogue.wasm

The reply goes to stdout byte for byte, everything else to stderr. On a terminal a reply that ends within \
a line gets a line break.";

/// A TCP server and client whose bytes are decided by sandboxed WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(name = "eco", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) log: LogArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve connections with a plugin; the built-in one echoes
    Serve(ServeArgs),
    /// Send a message, read the reply, and check it
    Send(SendArgs),
    /// Load a server with many dialogues, check every reply, and measure
    Load(LoadArgs),
    /// Make a folder with a plugin that builds and runs
    New(NewArgs),
    /// Build the plugin in a folder, with its language's own tools
    Build(BuildArgs),
    /// Say what a plugin is, and what it lacks to be used
    Inspect(InspectArgs),
    /// Run a plugin without a socket, chunk by chunk
    Call(CallArgs),
    /// Check a plugin against an exercise, for the student who writes it
    Check(CheckArgs),
    /// Grade a class's plugins against an exercise, for the teacher
    Grade(GradeArgs),
    /// List the exercises that eco brings, and copy them out
    Exercise {
        #[command(subcommand)]
        command: ExerciseCommand,
    },
    /// Look at what a server keeps in its store: list, show, wipe
    State {
        #[command(subcommand)]
        command: StateCommand,
    },
    /// Print the contract between eco and plugins (WIT)
    Wit,
    /// Set up what a language needs once
    Setup {
        #[command(subcommand)]
        command: SetupCommand,
    },
    /// Print completions for a shell
    ///
    /// For instance: eco completions bash > ~/.local/share/bash-completion/completions/eco
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Log (to stderr)")]
pub(super) struct LogArgs {
    /// What to log: warn has plugins that fail, info connections, debug every chunk [default: info]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "LEVEL",
        conflicts_with_all = ["verbose", "quiet"]
    )]
    pub(super) log_level: Option<LogLevel>,
    /// The same as --log-level debug
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// The same as --log-level warn; -qq is error
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) quiet: u8,
    /// For a person, or for a machine (one JSON object a line)
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub(super) log_format: LogFormat,
}

/// How much is logged: each level has those before it too. (With `///` the values would stretch the help of all
/// commands over two pages.)
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogLevel {
    // eco can't do what it should.
    Error,
    // A plugin failed, or something else is not as it should be.
    Warn,
    // Connections, and what eco does.
    Info,
    // Every chunk.
    Debug,
}

impl LogArgs {
    /// The level that is meant.
    pub(super) fn level(&self) -> LogLevel {
        match (self.log_level, self.verbose, self.quiet) {
            (Some(level), _, _) => level,
            (None, true, _) => LogLevel::Debug,
            (None, false, 0) => LogLevel::Info,
            (None, false, 1) => LogLevel::Warn,
            (None, false, _) => LogLevel::Error,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, clap::Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub(super) struct ServeArgs {
    /// The same as --plugin
    #[arg(value_name = "PLUGIN", conflicts_with = "plugin", value_hint = ValueHint::AnyPath)]
    pub(super) named: Option<OsString>,
    /// A built-in (echo), a script (.js, .lua, .py), a component (.wasm, .wat), or a folder that eco build builds; - reads a component from stdin
    #[arg(short, long, default_value = "echo", value_name = "PLUGIN", value_hint = ValueHint::FilePath)]
    pub(super) plugin: OsString,
    /// Where to listen; may be given several times. Port 0 takes a free one
    #[arg(
        short,
        long,
        default_value = "127.0.0.1:5005",
        value_name = "ADDR:PORT"
    )]
    pub(super) listen: Vec<Endpoint>,
    #[arg(long, value_name = "SIZE", help = defaults::size(&ranges::with("The most bytes that one call of the plugin is handed", &ranges::sizes(&ranges::CHUNK)), |limits| limits.chunk_size))]
    pub(super) chunk_size: Option<ByteSize>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(ranges::CONNECTIONS), help = most_connections())]
    pub(super) max_connections: Option<u32>,
    /// Connections of one peer, an IPv4 address or an IPv6 /64; one more is reset [default: no limit of its own]
    #[arg(long, value_name = "N")]
    pub(super) max_connections_per_peer: Option<NonZeroUsize>,
    #[arg(long, value_name = "TIME", value_parser = timeout, help = defaults::time("Close a connection when nothing came from its peer, and nothing was written to it, for this long", |limits| limits.idle_timeout))]
    pub(super) idle_timeout: Option<Timeout>,
    #[arg(long, value_name = "TIME", value_parser = timeout, help = defaults::time("Reset a connection whose peer takes none of a reply for this long", |limits| limits.write_timeout))]
    pub(super) write_timeout: Option<Timeout>,
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help = defaults::time("At SIGINT or SIGTERM: how long replies in flight may take", |limits| Some(limits.grace)))]
    pub(super) grace: Option<Duration>,
    /// When the plugin changes on disk, serve the new version to new connections (SIGHUP does it by hand)
    #[arg(long)]
    pub(super) watch: bool,
    /// Whether connections start from a snapshot of the evaluated script: as soon as it is taken, from the first one on, or never
    #[arg(long, value_enum, default_value = "background", value_name = "WHEN")]
    pub(super) snapshot: SnapshotArg,
    #[command(flatten)]
    pub(super) budgets: BudgetArgs,
    #[command(flatten)]
    pub(super) shared: SharedArgs,
}

/// From when on connections start from a snapshot. (With `///` the values would stretch the help.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SnapshotArg {
    // Until it is there, connections evaluate the script.
    Background,
    // Listening waits for it.
    First,
    Never,
}

#[derive(Debug, clap::Args)]
#[command(after_help = SEND_EXAMPLES)]
pub(super) struct SendArgs {
    #[command(flatten)]
    pub(super) message: MessageArgs,
    /// Where to connect to
    #[arg(
        short,
        long,
        default_value = "127.0.0.1:5005",
        value_name = "ADDR:PORT"
    )]
    pub(super) to: Endpoint,
    /// A built-in client (echo), a script with start(message), a component that exports eco:plugin/client, or a folder that eco build builds
    #[arg(short, long, default_value = "echo", value_name = "PLUGIN", value_hint = ValueHint::FilePath)]
    pub(super) plugin: OsString,
    /// How long connecting may take, and each turn of the dialogue
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) timeout: Duration,
    #[command(flatten)]
    pub(super) budgets: BudgetArgs,
}

fn most_connections() -> String {
    let default = Limits::default().max_connections;
    let help = "Connections at the same time; the next ones wait";
    let help = ranges::with(help, &ranges::numbers(&ranges::CONNECTIONS));
    format!("{help} [default: {default}, or what the descriptor limit allows]")
}

/// A timeout that may be never.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeout(pub(super) Option<Duration>);

fn timeout(text: &str) -> Result<Timeout, humantime::DurationError> {
    let never = text == "0" || text == "never";
    if never {
        Ok(Timeout(None))
    } else {
        humantime::parse_duration(text)
            .map(|limit| Timeout(Some(limit).filter(|limit| !limit.is_zero())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent_and_every_argument_has_help() {
        Args::command().help_expected(true).debug_assert();
    }
}
