//! `eco call`: a plugin without a socket, chunk by chunk.

use super::author_args::CallArgs;
use super::exit::{Exit, Failure};
use super::plugin::PluginArg;
use super::{chunk, compiler, machine, output};
use anyhow::Context as _;
use bytesize::ByteSize;
use eco_contract::{Connection, Expect, Life, Next, Opening, Reason, Reply, Session as _};
use eco_net::Limits;
use eco_plugin::{
    BUILT_IN_SERVERS, Budgets, ClientPlugin, Engine, Error, LoadError, PluginSession, ServerPlugin,
    Turn, Usage,
};
use eco_text::escape::Escaped;

/// Runs the plugin as a server, or shows the first turn of one that is a client only.
pub(super) async fn run(args: CallArgs) -> Result<(), Failure> {
    let budgets = args.budgets.over(Budgets::server(machine::memory()))?;
    let engine = Engine::builder(compiler::compiler(), budgets)
        .metered()
        .build()
        .context("cannot set up the sandbox")?;
    let plugin_arg = PluginArg::new(args.plugin, BUILT_IN_SERVERS);
    let stdin = args
        .chunks
        .iter()
        .map(String::as_str)
        .chain([plugin_arg.name()]);
    if stdin.filter(|typed| *typed == "-").count() > 1 {
        return Err(Exit::Usage.saying("only one of the plugin and the chunks can come from stdin"));
    }
    let parse = |typed: &String| chunk::parse(typed);
    let chunks: Vec<Vec<u8>> = args.chunks.iter().map(parse).collect::<Result<_, _>>()?;
    let source = plugin_arg.source().await?;
    let show = Show { raw: args.raw };
    let (usage, result) = match ServerPlugin::load(&engine, source.clone()).await {
        Ok(plugin) => serve(&plugin, &chunks, show).await,
        Err(as_server @ (LoadError::Export { .. } | LoadError::Function { .. })) => {
            let budgets = args.budgets.over(Budgets::client(machine::memory()))?;
            let engine = Engine::builder(compiler::compiler(), budgets)
                .metered()
                .build()
                .context("cannot set up the sandbox")?;
            let client = ClientPlugin::load(&engine, source).await;
            // What it lacks as a server is what most people want to know.
            let client = client.map_err(|_| plugin_arg.unusable(as_server))?;
            (first_turn(&client, &chunks, show).await?, Ok(()))
        }
        Err(error) => return Err(plugin_arg.unusable(error)),
    };
    if !args.raw {
        let fuel = usage.fuel.unwrap_or_default();
        let memory = ByteSize(usage.memory as u64);
        tracing::info!("used {fuel} units of fuel and {memory} of memory");
    }
    result
}

/// Where replies go.
#[derive(Clone, Copy)]
struct Show {
    raw: bool,
}

impl Show {
    fn event(self, what: &str) -> Result<(), Failure> {
        if self.raw {
            Ok(())
        } else {
            output::print(&format!("> {what}\n"))
        }
    }

    fn reply(self, reply: &Reply<'_>) -> Result<(), Failure> {
        if self.raw {
            return output::bytes(&reply.data);
        }
        let next = match reply.next {
            Next::KeepOpen => "",
            Next::Finish => "  (and finishes)",
            Next::Close => "  (and closes)",
            Next::Reset => "  (and resets)",
        };
        if reply.data.is_empty() && next.is_empty() {
            Ok(())
        } else {
            output::print(&format!("< {}{next}\n", Escaped(&reply.data)))
        }
    }
}

fn failed(error: Error) -> Failure {
    Exit::Plugin.because(anyhow::Error::from(error).context("the plugin failed"))
}

/// A whole connection, in the order of `wit/session.wit`, and what its instance used.
async fn serve(
    plugin: &ServerPlugin,
    chunks: &[Vec<u8>],
    show: Show,
) -> (Usage, Result<(), Failure>) {
    let mut session = plugin.session();
    let mut life = Life::default();
    let result = run_session(&mut session, &mut life, chunks, show).await;
    let usage = session.usage().unwrap_or_default();
    if !life.hears_of_its_end() {
        return (usage, result);
    }
    if result.is_err() {
        life.failed();
    }
    // It isn't called where the plugin broke off; that error was the first.
    let why = life.ended().unwrap_or(Reason::Ended);
    let closed = session.closed(why).await.map_err(failed);
    (usage, result.and(closed))
}

/// From the greeting to the end of the input, or of the connection.
async fn run_session(
    session: &mut PluginSession,
    life: &mut Life,
    chunks: &[Vec<u8>],
    show: Show,
) -> Result<(), Failure> {
    let nowhere = "127.0.0.1:0";
    let connection = Connection {
        id: 1,
        peer: nowhere.to_owned(),
        local: nowhere.to_owned(),
    };
    match session.open(&connection).await.map_err(failed)? {
        Opening::Greeting(reply) => take(life, &reply, show)?,
        Opening::Refusal(why) => {
            life.refused();
            let why = Escaped(why.as_bytes());
            return Err(Exit::Plugin.saying(format!("the plugin refuses the connection: {why}")));
        }
    }
    let chunk_size = Limits::default().chunk_size;
    for chunk in chunks.iter().flat_map(|chunk| chunk.chunks(chunk_size)) {
        if life.ended().is_some() {
            return Ok(());
        }
        show.event(&Escaped(chunk).to_string())?;
        let reply = session.receive(chunk).await.map_err(failed)?;
        take(life, &reply, show)?;
    }
    if life.ended().is_some() {
        return Ok(());
    }
    show.event("end of input")?;
    life.input_ended();
    let reply = session.end_of_input().await.map_err(failed)?;
    take(life, &reply, show)
}

/// Shows a reply. A server would reset a connection whose plugin replies after it has finished.
fn take(life: &mut Life, reply: &Reply<'_>, show: Show) -> Result<(), Failure> {
    show.reply(reply)?;
    let then = life.replied(reply.data.len(), reply.next);
    then.map(drop).map_err(|error| Exit::Plugin.because(error))
}

async fn first_turn(
    plugin: &ClientPlugin,
    chunks: &[Vec<u8>],
    show: Show,
) -> Result<Usage, Failure> {
    let message = match chunks {
        [] => None,
        [message] => Some(message.as_slice()),
        _ => return Err(Exit::Usage.saying("a client plugin takes one message")),
    };
    let mut dialogue = plugin.dialogue().await.map_err(failed)?;
    let turn = dialogue.start(message).await.map_err(failed)?;
    if show.raw {
        output::bytes(&turn.send)?
    } else {
        output::print(&describe(&turn))?
    }
    Ok(dialogue.usage())
}

fn describe(turn: &Turn<'_>) -> String {
    let expects = match &turn.expect {
        Expect::Exactly(bytes) => format!("{bytes} bytes"),
        Expect::Through(end) => format!("everything up to {}", Escaped(end)),
        Expect::ToEnd => "everything to the end".to_owned(),
        Expect::Nothing => "nothing".to_owned(),
    };
    format!("sends    {}\nexpects  {expects}\n", Escaped(&turn.send))
}
