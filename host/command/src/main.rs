//! The command `eco`: reads the command line, runs one command, and ends with its exit code.
//!
//! This crate joins the others of the host. It owns all that a person sees: arguments, advice, progress, exit codes.
//! Each command has a file or a folder of its name, with its arguments. The other folders have what several commands
//! share.

mod admin;
mod args;
mod arguments;
mod build;
mod call;
mod check;
mod client;
mod config;
mod exercise;
mod exit;
mod grade;
mod inspect;
mod load;
mod logging;
mod machine;
mod new;
mod output;
#[cfg(test)]
mod pages;
mod plugin;
mod runtime;
mod send;
mod serve;
mod setup;
mod signals;
mod state;

use args::{Args, Command};
use arguments::{hints, secret};
use clap::{CommandFactory as _, Parser as _};
use eco_net::ActivatedSockets;
use eco_text::escape::one_line;
use eco_toolchain::wit;
use exit::{Exit, Failure};
use plugin::compiler;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the command that the process was started with.
fn main() -> ExitCode {
    compiler::if_helper();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // File names may be anybody's, since a shell expands patterns; and a word may have a password. The error
            // is made anew, of harmless words.
            let typed = || {
                std::env::args_os().map(|typed| one_line(secret::hidden(&typed.to_string_lossy())))
            };
            let mut error = Args::try_parse_from(typed()).err().unwrap_or(error);
            hints::add(&mut error, typed());
            // Help and version are no misuse.
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            };
            let _ = error.print();
            return code.into();
        }
    };
    // Before there is any thread.
    let activated = match args.command {
        Command::Serve(_) => ActivatedSockets::from_env(),
        _ => ActivatedSockets::none(),
    };
    let started = logging::start(&args.log).map_err(Failure::from);
    let result = started.and_then(|()| {
        signals::survive_refused_writes()?;
        // The runtime panics where the system has no threads left.
        catch_unwind(AssertUnwindSafe(|| run(args, activated))).unwrap_or_else(|_| Err(panicked()))
    });
    logging::finish();
    match result {
        Ok(()) => Exit::Success.into(),
        Err(Failure { exit, error }) => {
            // Where nobody reads the text, the exit code still tells.
            output::complain(&error);
            exit.into()
        }
    }
}

/// The message after a panic. The panic has printed its own above it.
fn panicked() -> Failure {
    Exit::Internal.saying("eco stopped: it made a mistake, or the system had nothing left to give")
}

fn run(args: Args, activated: ActivatedSockets) -> Result<(), Failure> {
    let log_format = args.log.log_format;
    match args.command {
        Command::Serve(args) => {
            let runtime = runtime::all_processors()?;
            let opens_page = args.opens_page();
            let read: serve::ReadServices = Arc::new(move || config::services(&args));
            let result = runtime.block_on(serve::run(read, activated, log_format, opens_page));
            // Reading and compiling may still go on; nothing waits for them.
            runtime.shutdown_background();
            result
        }
        Command::Config { command } => alone(config::run(command)),
        Command::Send(args) => alone(send::run(args.try_into()?)),
        Command::Load(args) => alone(load::run(args.try_into()?)),
        Command::New(args) => new::run(&args),
        Command::Build(args) => alone(build::run(args)),
        Command::Inspect(args) => alone(inspect::run(args)),
        Command::Call(args) => alone(call::run(args)),
        Command::Check(args) => alone(check::run(args)),
        Command::Grade(args) => grade::run(args),
        Command::Exercise { command } => exercise::run(command),
        Command::Wit => output::bytes(wit::text().as_bytes()),
        Command::State { command } => alone(state::run(command)),
        Command::Setup { command } => alone(setup::run(command)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "eco", &mut script);
            output::bytes(&script)
        }
    }
}

/// Runs a command that does one thing at a time, on a runtime of one thread.
fn alone(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = runtime::one_thread()?;
    let result = runtime.block_on(command);
    runtime.shutdown_background();
    result
}
