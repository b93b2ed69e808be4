//! `eco load`: runs a load test, shows a bar meanwhile, and prints its figures as a table, JSON or a page.

mod args;
mod bar;
mod describe;
mod html_file;

pub(super) use args::LoadArgs;

use crate::client::layers::layers;
use crate::client::message::Message;
use crate::client::reach;
use crate::exit::{Exit, Failure};
use crate::plugin::snapshot_wait::wait_for;
use crate::plugin::{PluginArg, compiler};
use crate::signals::Signals;
use crate::{machine, output};
use anyhow::Context as _;
use bar::Bar;
use bytesize::ByteSize;
use describe::NOTHING_MEASURED;
use eco_load::{
    Cause, ClientCode, Ended, Fatal, Goal, Load, Report, Settings, Sources, Target, most_instances,
    share_text,
};
use eco_net::{ConnectAddress, Endpoint, StampsOn};
use eco_plugin::Budgets;
use eco_text::number::grouped;
use html_file::HtmlFile;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Time between two updates of the bar.
const LOOK: Duration = Duration::from_millis(100);

/// `eco load`'s settings, parsed.
pub(super) struct LoadConfig {
    args: LoadArgs,
    plugin: PluginArg,
    message: Message,
    budgets: Budgets,
    threads: u32,
    goal: Goal,
    /// Bytes that the replies of all connections may take together.
    total_reply: usize,
}

/// The divisor of the machine's memory that gives the default of `--total-reply`: replies get half as much as the
/// plugin's instances. A dialogue that needs more than is left fails.
/// Test: `load::memory::a_server_that_floods_every_connection_takes_one_budget_of_memory`.
const PART_FOR_REPLIES: usize = 4;

impl TryFrom<LoadArgs> for LoadConfig {
    type Error = Failure;

    fn try_from(args: LoadArgs) -> Result<Self, Failure> {
        let message = match args.size {
            Some(ByteSize(0)) => {
                return Err(
                    Exit::Usage.saying(format!("--size is 1 byte at least: {NOTHING_MEASURED}"))
                );
            }
            Some(bytes) => Message::Random(size(bytes)),
            None => Message::typed(args.message.clone(), &args.plugin)?,
        };
        if let Some(text) = &args.message.message
            && (text.contains("://") || text.parse::<Endpoint>().is_ok())
        {
            tracing::warn!("{text:?} is sent as the message; --to names the server");
        }
        let processors = machine::processors();
        let possible = machine::raise_descriptor_limit().unwrap_or(usize::MAX);
        let connections = args.connections;
        if connections as usize > possible {
            return Err(Exit::Usage.saying(format!(
                "--connections {connections} is more than the descriptor limit allows, about {possible} (see ulimit -n)"
            )));
        }
        Ok(Self {
            message,
            plugin: PluginArg::client(
                args.plugin.clone(),
                args.stdio.clone(),
                args.settings.clone(),
            )?,
            budgets: args.budgets.over(Budgets::client(machine::memory()))?,
            threads: args.threads.unwrap_or(processors).min(args.connections),
            goal: args
                .count
                .map_or(Goal::Time(args.duration), Goal::Dialogues),
            total_reply: args
                .total_reply
                .map_or(machine::memory() / PART_FOR_REPLIES, size),
            args,
        })
    }
}

fn size(bytes: ByteSize) -> usize {
    usize::try_from(bytes.as_u64()).unwrap_or(usize::MAX)
}

/// Runs the load, and prints its figures.
pub(super) async fn run(config: LoadConfig) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    let page = config
        .args
        .html
        .as_deref()
        .map(HtmlFile::create)
        .transpose()?;
    // The system needs a moment to begin with timestamps, so they are asked for before the plugin is loaded.
    let _stamps = StampsOn::ask();
    let settings = signals.or(settings(&config)).await?;
    let Ended { mut report, fatal } = measure(settings, config.goal, &mut signals).await?;
    let plugin = config.plugin.name().to_owned();
    if let Some(nothing @ Fatal::NothingToMeasure) = &fatal {
        return Err(Exit::Usage.saying(describe::fatal(nothing, &config.plugin)));
    }
    report.to = config.args.to.to_string();
    report.plugin.clone_from(&plugin);
    report.client.advice = describe::advice(&report, &config.plugin, machine::processors());
    // Without a connection there are no figures, only the reason.
    if report.connected.total > 0 {
        if config.args.json {
            output::json(&serde_json::to_string(&report)?)?;
        } else {
            output::print(&report.to_string())?;
        }
        page.map_or(Ok(()), |page| page.write(&report))?;
    }
    let fatal = fatal.map(|fatal| describe::fatal(&fatal, &config.plugin));
    judge(&report, fatal, config.args.max_errors)
}

async fn settings(config: &LoadConfig) -> Result<Settings, Failure> {
    let LoadConfig { args, budgets, .. } = config;
    let reply = budgets.reply;
    let message = {
        let message = config.message.clone();
        tokio::task::spawn_blocking(move || message.read(reply)).await??
    };
    let to = target(&args.to, args.source).await?;
    let layers = layers(args.header, &args.tls, &args.to)?;
    let instances = most_instances(args.connections, config.threads);
    let engine = compiler::engine(budgets.clone())
        .pooled(instances)
        .build()
        .context(
            "cannot set up the sandbox (fewer --connections, or a smaller --memory, may help)",
        )?;
    let client = if config.plugin.has_to_be_program() {
        ClientCode::Program(config.plugin.load_server(&engine).await?)
    } else {
        let plugin = config.plugin.load_client(&engine).await?;
        // Otherwise instances would begin to start from the snapshot in the middle of the load.
        wait_for(plugin.settled()).await;
        ClientCode::Plugin(plugin)
    };
    Ok(Settings {
        to,
        layers,
        sources: args.source,
        message,
        connections: args.connections,
        threads: config.threads,
        goal: config.goal,
        rate: args.rate,
        ramp_up: args.ramp_up,
        reconnect: args.reconnect,
        timeout: args.timeout,
        reply,
        total_reply: config.total_reply,
        ..Settings::new(client, describe::failure)
    })
}

/// The addresses of the server. Those that `sources` can't reach are left out.
async fn target(to: &ConnectAddress, sources: Option<Sources>) -> Result<Target, Failure> {
    let endpoint = match to {
        ConnectAddress::Tcp(endpoint) => endpoint,
        ConnectAddress::Unix(_) if sources.is_some() => {
            return Err(Exit::Usage.saying("--source is for TCP: a Unix socket has no addresses"));
        }
        ConnectAddress::Unix(name) => return Ok(Target::Unix(name.clone())),
    };
    let resolved = endpoint.resolve().await;
    let mut to = resolved
        .map_err(|error| Exit::Unavailable.saying(reach::no_such_name(endpoint, &error)))?;
    if let Some(sources) = sources {
        to.retain(|address| address.is_ipv4() == sources.of(0).is_ipv4());
        if to.is_empty() {
            let why = format!("--source and {endpoint} are not both IPv4, or both IPv6");
            return Err(Exit::Usage.saying(why));
        }
    }
    Ok(Target::Tcp(to))
}

/// Runs the load to its end, or to the first signal.
async fn measure(settings: Settings, goal: Goal, signals: &mut Signals) -> Result<Ended, Failure> {
    let mut load = Load::start(settings)?;
    let bar = Bar::new(goal);
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    looks.tick().await;
    let interrupted = loop {
        tokio::select! {
            _ = looks.tick() => bar.show(&load.sample(), load.elapsed()),
            () = load.over() => break false,
            () = signals.next() => break true,
        }
    };
    load.end();
    bar.finish();
    // A second signal cuts off the dialogues under way.
    tokio::select! {
        () = load.finished() => {}
        () = signals.next() => return Err(Exit::Interrupted.saying("interrupted")),
    }
    let mut ended = load.report()?;
    ended.report.interrupted = interrupted;
    Ok(ended)
}

/// Decides the exit code.
///
/// # Errors
/// Replies were wrong, there was no connection, the plugin failed, or more dialogues failed than `max_errors` percent.
fn judge(report: &Report, fatal: Option<String>, max_errors: f64) -> Result<(), Failure> {
    let examples = report.errors.iter().map(|found| found.example.as_str());
    let examples: Vec<&str> = examples.chain(fatal.as_deref()).collect();
    let examples = examples.join("\n");
    let wrong = report.count(Cause::WrongReply);
    if wrong > 0 {
        let what = match wrong {
            1 => "1 reply was wrong".to_owned(),
            wrong => format!("{} replies were wrong", grouped(wrong)),
        };
        return Err(Exit::Wrong.saying(format!("{what}\n{examples}")));
    }
    if let Some(why) = fatal {
        return Err(Exit::Unavailable.saying(why));
    }
    if report.connected.total == 0 {
        if report.interrupted {
            return Err(Exit::Interrupted.saying("interrupted before there was a connection"));
        }
        let to = &report.to;
        return Err(
            Exit::Unavailable.saying(format!("cannot connect to {to}: nobody answered in time"))
        );
    }
    if report.count(Cause::PluginFailed) > 0 {
        return Err(Exit::Plugin.saying(examples));
    }
    let all = report.dialogues.total + report.failed;
    // The small factor allows for rounding: binary fractions are not exact.
    if report.failed as f64 * 100.0 > max_errors * all as f64 * (1.0 + 1e-9) {
        let share = share_text(report.failed_share);
        return Err(Exit::Wrong.saying(format!(
            "{share} of the dialogues failed, and --max-errors is {max_errors} %\n{examples}"
        )));
    }
    Ok(())
}
