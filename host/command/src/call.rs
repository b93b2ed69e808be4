//! `eco call`: a plugin without a socket, chunk by chunk.

use super::author_args::CallArgs;
use super::exit::{Exit, Failure};
use super::plugin::PluginArg;
use super::{chunk, compiler, machine, output};
use anyhow::Context as _;
use bytesize::ByteSize;
use eco_contract::{Connection, Expect, Next, Opening, Reason, Reply, Session as _};
use eco_net::Limits;
use eco_plugin::{
    BUILT_IN_SERVERS, Budgets, Engine, Error, LoadError, Plugin, PluginSession, Role, Turn, Usage,
};
use eco_text::escape::Escaped;
use std::net::{Ipv4Addr, SocketAddr};

/// Runs the plugin as a server, or shows the first turn of one that is a client only.
pub(super) async fn run(args: CallArgs) -> Result<(), Failure> {
    let budgets = args.budgets.over(Budgets::server(machine::memory()))?;
    let engine =
        Engine::metered(compiler::compiler(), budgets).context("cannot set up the sandbox")?;
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
    let (usage, result) = match Plugin::load(&engine, source.clone(), Role::Server).await {
        Ok(plugin) => serve(&plugin, &chunks, show).await,
        Err(as_server @ (LoadError::Export { .. } | LoadError::Function { .. })) => {
            let budgets = args.budgets.over(Budgets::client(machine::memory()))?;
            let engine = Engine::metered(compiler::compiler(), budgets)
                .context("cannot set up the sandbox")?;
            let client = Plugin::load(&engine, source, Role::Client).await;
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
        match self.raw {
            true => Ok(()),
            false => output::print(&format!("> {what}\n")),
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
        match reply.data.is_empty() && next.is_empty() {
            true => Ok(()),
            false => output::print(&format!("< {}{next}\n", Escaped(&reply.data))),
        }
    }
}

fn failed(error: Error) -> Failure {
    Exit::Plugin.because(anyhow::Error::from(error).context("the plugin failed"))
}

/// A whole connection, in the order of `wit/session.wit`, and what its instance used.
async fn serve(plugin: &Plugin, chunks: &[Vec<u8>], show: Show) -> (Usage, Result<(), Failure>) {
    let mut session = plugin.session();
    let next = match greet(&mut session, show).await {
        Ok(next) => next,
        // One that refuses is called no more.
        Err(failure) => return (session.usage().unwrap_or_default(), Err(failure)),
    };
    let ended = converse(&mut session, next, chunks, show).await;
    let usage = session.usage().unwrap_or_default();
    let why = match &ended {
        Ok(why) => *why,
        Err(_) => Reason::Failed,
    };
    // It isn't called where the plugin broke off; that error was the first.
    let closed = session.closed(why).await.map_err(failed);
    (usage, ended.map(drop).and(closed))
}

async fn greet(session: &mut PluginSession, show: Show) -> Result<Next, Failure> {
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let connection = Connection {
        id: 1,
        peer: nowhere,
        local: nowhere,
    };
    match session.open(&connection).await.map_err(failed)? {
        Opening::Greeting(reply) => {
            show.reply(&reply)?;
            Ok(reply.next)
        }
        Opening::Refusal(why) => {
            let why = Escaped(why.as_bytes());
            Err(Exit::Plugin.saying(format!("the plugin refuses the connection: {why}")))
        }
    }
}

/// From the greeting to the end of the input, or of the connection.
async fn converse(
    session: &mut PluginSession,
    mut next: Next,
    chunks: &[Vec<u8>],
    show: Show,
) -> Result<Reason, Failure> {
    let mut finished = next == Next::Finish;
    let chunk_size = Limits::default().chunk_size;
    for chunk in chunks.iter().flat_map(|chunk| chunk.chunks(chunk_size)) {
        if matches!(next, Next::Close | Next::Reset) {
            break;
        }
        show.event(&Escaped(chunk).to_string())?;
        let reply = session.receive(chunk).await.map_err(failed)?;
        show.reply(&reply)?;
        check_finished(finished, &reply)?;
        next = reply.next;
        finished |= next == Next::Finish;
    }
    if matches!(next, Next::Close | Next::Reset) {
        return Ok(Reason::ByPlugin);
    }
    show.event("end of input")?;
    let reply = session.end_of_input().await.map_err(failed)?;
    show.reply(&reply)?;
    check_finished(finished, &reply)?;
    Ok(match reply.next {
        Next::KeepOpen | Next::Finish => Reason::Ended,
        Next::Close | Next::Reset => Reason::ByPlugin,
    })
}

/// A server would reset such a connection.
fn check_finished(finished: bool, reply: &Reply<'_>) -> Result<(), Failure> {
    match finished && !reply.data.is_empty() {
        true => Err(Exit::Plugin.saying("the plugin replied after it had finished")),
        false => Ok(()),
    }
}

async fn first_turn(plugin: &Plugin, chunks: &[Vec<u8>], show: Show) -> Result<Usage, Failure> {
    let message = match chunks {
        [] => None,
        [message] => Some(message.as_slice()),
        _ => return Err(Exit::Usage.saying("a client plugin takes one message")),
    };
    let mut dialogue = plugin.dialogue().await.map_err(failed)?;
    let turn = dialogue.start(message).await.map_err(failed)?;
    match show.raw {
        true => output::bytes(&turn.send)?,
        false => output::print(&describe(&turn))?,
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
