//! `eco call`: runs a plugin without sockets, chunk by chunk, on one connection or several.

mod args;
mod chunk;
mod connections;
mod show;
mod step_args;

pub(crate) use args::CallArgs;

use crate::arguments::program::ProgramArgs;
use crate::exit::{Exit, Failure};
use crate::machine;
use crate::plugin::{PluginArg, compiler};
use anyhow::Context as _;
use connections::{Connections, failed};
use eco_plugin::{BUILT_IN_SERVERS, Budgets, ClientPlugin, Engine, LoadError, ServerPlugin};
use show::{Printer, Show};
use step_args::Step;

/// Runs the plugin as a server, or shows the first turn of one that is a client only.
pub(super) async fn run(args: CallArgs) -> Result<(), Failure> {
    let program = ProgramArgs::new(args.stdio, args.settings.clone());
    let plugin_arg = PluginArg::new(args.plugin.clone(), BUILT_IN_SERVERS).started_with(program);
    let from_stdin = args.steps.count_from_stdin() + usize::from(plugin_arg.name() == "-");
    if from_stdin > 1 {
        return Err(Exit::Usage.saying("only one of the plugin and the chunks can come from stdin"));
    }
    let steps = args.steps.read()?;
    let source = plugin_arg.source().await?;
    // Raw output, and lines before a pause, can't be taken back. So nothing may be done twice.
    let pauses = steps.iter().any(|step| matches!(step, Step::Pause(_)));
    let begin = if args.raw || pauses {
        Begin::Compiled
    } else {
        Begin::AtOnce
    };
    let engine = engine(&args, Role::Server, begin)?;
    match plugin_arg.try_load(&engine, source.clone()).await? {
        Ok(plugin) => serve_at_once(&args, &engine, &plugin, &plugin_arg, &steps).await,
        Err(as_server @ (LoadError::Export { .. } | LoadError::Function { .. })) => {
            let engine = self::engine(&args, Role::Client, Begin::Compiled)?;
            let client = ClientPlugin::load(&engine, source).await;
            // Most plugins are servers, so the error is about what it lacks as one.
            let client = client.map_err(|_| plugin_arg.unusable(as_server))?;
            let printer = Printer::direct();
            first_turn(&client, &steps, show(&args, &printer)).await
        }
        Err(error) => Err(plugin_arg.unusable(error)),
    }
}

fn show<'a>(args: &'a CallArgs, printer: &'a Printer) -> Show<'a> {
    if args.raw {
        Show::Raw
    } else {
        let peers = args.steps.peers();
        Show::Lines { peers, printer }
    }
}

/// Serves without waiting for the interpreter to be compiled. Portable code is slow: where a call takes too long in it, and
/// nothing was shown yet, all is done once more, compiled.
async fn serve_at_once(
    args: &CallArgs,
    engine: &Engine,
    plugin: &ServerPlugin,
    plugin_arg: &PluginArg,
    steps: &[Step],
) -> Result<(), Failure> {
    let Budgets { cpu, wait, .. } = *engine.budgets();
    let count = args.steps.peers().len().max(1);
    let (printer, patience) = if plugin.is_native() {
        (Printer::direct(), None)
    } else {
        (Printer::buffered(), Some(cpu))
    };
    let connections = Connections::new(plugin, count, show(args, &printer), wait, patience);
    match serve(connections, steps).await {
        Ok(Served::Slowly) => {}
        result => return printer.flush().and(result.map(drop)),
    }
    tracing::info!("this takes long before the interpreter is compiled: once more, compiled");
    let engine = self::engine(args, Role::Server, Begin::Compiled)?;
    let plugin = plugin_arg.load_server(&engine).await?;
    let printer = Printer::direct();
    let connections = Connections::new(&plugin, count, show(args, &printer), wait, None);
    serve(connections, steps).await.map(drop)
}

/// The role of the plugin.
#[derive(Clone, Copy)]
enum Role {
    Server,
    Client,
}

/// The time at which a script begins.
#[derive(Clone, Copy)]
enum Begin {
    /// At once, in portable code where the interpreter is not compiled.
    AtOnce,
    /// When its interpreter is compiled.
    Compiled,
}

fn engine(args: &CallArgs, role: Role, begin: Begin) -> Result<Engine, Failure> {
    let budgets = args.budgets.over(match role {
        Role::Server => Budgets::server(machine::memory()),
        Role::Client => Budgets::client(machine::memory()),
    })?;
    let mut engine = compiler::engine(budgets).metered();
    if let Begin::Compiled = begin {
        engine = engine.compiled_first();
    }
    Ok(engine.build().context("cannot set up the sandbox")?)
}

/// How far serving went.
enum Served {
    Whole,
    /// A call took too long. Nothing was shown.
    Slowly,
}

/// Runs all steps, from opening to closing, in the order of `wit/session.wit`.
async fn serve(mut connections: Connections<'_>, steps: &[Step]) -> Result<Served, Failure> {
    let result = async {
        connections.begin().await?;
        for step in steps {
            connections.take(step).await?;
        }
        connections.finish().await
    }
    .await;
    if connections.is_slow() {
        return Ok(Served::Slowly);
    }
    let closed = connections.stop().await;
    connections.tell_usage();
    result.and(closed).map(|()| Served::Whole)
}

async fn first_turn(plugin: &ClientPlugin, steps: &[Step], show: Show<'_>) -> Result<(), Failure> {
    let message = match steps {
        [] => None,
        [Step::Chunk(_, message)] => Some(message.as_slice()),
        _ => {
            return Err(Exit::Usage.saying("a client plugin takes one message, and nothing else"));
        }
    };
    let mut dialogue = plugin.dialogue().await.map_err(failed)?;
    let turn = dialogue.start(message).await.map_err(failed)?;
    show.turn(&turn)?;
    show.usage(0, dialogue.usage());
    Ok(())
}
