//! The command line: all commands, and the help of `eco` itself.

use crate::build::BuildArgs;
use crate::call::CallArgs;
use crate::check::CheckArgs;
use crate::config::{ConfigCommand, TypedServeArgs};
use crate::exercise::ExerciseCommand;
use crate::grade::GradeArgs;
use crate::inspect::InspectArgs;
use crate::load::LoadArgs;
use crate::logging::LogArgs;
use crate::new::NewArgs;
use crate::send::SendArgs;
use crate::setup::SetupCommand;
use crate::state::StateCommand;
use clap::{Parser, Subcommand};

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
    Serve(TypedServeArgs),
    /// Look at a file of services, as `eco serve --config` has it: check, schema
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::tls::{ClientTlsArgs, ServerTlsArgs};
    use clap::{Args as _, Command, CommandFactory as _};
    use std::collections::BTreeSet;

    #[test]
    fn the_command_line_is_consistent_and_every_argument_has_help() {
        Args::command().help_expected(true).debug_assert();
    }

    #[test]
    fn no_other_flag_slips_under_the_heading_of_tls() {
        let under = |command: &Command| -> BTreeSet<String> {
            let all = command.get_arguments();
            let under = all.filter(|it| it.get_help_heading() == Some("TLS"));
            under.map(|it| it.get_id().to_string()).collect()
        };
        let server = under(&ServerTlsArgs::augment_args(Command::new("server")));
        let client = under(&ClientTlsArgs::augment_args(Command::new("client")));
        for command in Args::command().get_subcommands() {
            let mut others = under(command);
            others.retain(|it| !server.contains(it) && !client.contains(it));
            assert!(others.is_empty(), "{}: {others:?}", command.get_name());
        }
    }
}
