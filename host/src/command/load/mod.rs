//! `eco load`: many connections at once, on each of which a client plugin holds one dialogue after
//! the other, and what that took.
//!
//! `pace` says when a dialogue begins, `caller` holds it over a `line`, `rehearsal` has the plugin's
//! part, `tally` what is counted, and `report` what is made of it, for a `table` or a `page`. The
//! threads share nothing that is written to for each turn: each has its connections and its tally.

mod args;
mod bar;
mod caller;
mod file;
mod line;
mod pace;
mod page;
mod rehearsal;
mod report;
mod source;
mod table;
mod tally;
mod text;
mod timer;
mod watch;

pub(super) use args::LoadArgs;

use super::compiler::compiler;
use super::exit::{Exit, Failure};
use super::message::Message;
use super::plugin::Typed;
use super::signals::Signals;
use super::{machine, output, reach};
use crate::command::budget_args::size;
use crate::net::{Endpoint, Patience, Quota};
use crate::plugin::{BUILT_IN_CLIENTS, Budgets, Engine, Role};
use anyhow::Context as _;
use bar::Bar;
use bytesize::ByteSize;
use caller::Caller;
use file::Page;
use line::Run;
use pace::{Alarm, Goal, Pace, Plan};
use rehearsal::Part;
use report::Report;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};
use tally::{Cause, Shared};
use text::{grouped, share_text};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use watch::Watch;

/// How long dialogues that are under way may take when the run is over, before they count as
/// unfinished. Test: `load::a_server_that_stalls_can_not_hide_it`.
const FINISH: Duration = Duration::from_secs(1);

/// How often the figures are looked at, for the bar.
const LOOK: Duration = Duration::from_millis(100);

/// What is meant by what was typed.
pub(super) struct Config {
    args: LoadArgs,
    message: Message,
    budgets: Budgets,
    threads: u32,
    goal: Goal,
    /// Bytes that the replies of all connections may take together.
    replies: usize,
}

/// One part in so many of the machine's memory is what all replies may take, unless it is said: half as
/// much as the instances of the plugin. A dialogue that needs more than is left fails.
/// Test: `load::a_server_that_floods_every_connection_takes_one_budget_of_memory`.
const PART_FOR_REPLIES: usize = 4;

impl TryFrom<LoadArgs> for Config {
    type Error = Failure;

    fn try_from(args: LoadArgs) -> Result<Self, Failure> {
        let message = match args.size {
            Some(ByteSize(0)) => {
                return Err(Exit::Usage
                    .saying("--size is 1 byte at least: nothing sent is nothing measured"));
            }
            Some(bytes) => Message::Random(size(bytes)),
            None => Message::typed(args.message.clone(), &args.plugin)?,
        };
        if let Some(text) = &args.message.message
            && (text.contains("://") || text.parse::<Endpoint>().is_ok())
        {
            tracing::warn!("{text:?} is sent as the message; --to names the server");
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let processors = u32::try_from(processors).unwrap_or(u32::MAX);
        let possible = machine::raise_descriptor_limit().unwrap_or(usize::MAX);
        let connections = args.connections;
        if connections as usize > possible {
            return Err(Exit::Usage.saying(format!(
                "--connections {connections} is more than the descriptor limit allows, about {possible} (see ulimit -n)"
            )));
        }
        Ok(Self {
            message,
            budgets: args.budgets.over(Budgets::client(machine::memory()))?,
            threads: args.threads.unwrap_or(processors).min(args.connections),
            goal: args
                .count
                .map_or(Goal::Time(args.duration), Goal::Dialogues),
            replies: args
                .total_reply
                .map_or(machine::memory() / PART_FOR_REPLIES, size),
            args,
        })
    }
}

/// Runs the load, and prints what it took.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    let page = config.args.html.as_deref().map(Page::create).transpose()?;
    let run = Arc::new(signals.or(prepare(&config)).await?);
    let (report, fatal) = measure(&config, &run, &mut signals).await?;
    // Where there was no connection there is nothing to show but why.
    if report.connected.total > 0 {
        match config.args.json {
            true => output::json(&serde_json::to_string(&report)?)?,
            false => output::print(&report.to_string())?,
        }
        page.map_or(Ok(()), |page| page.write(&report))?;
    }
    judge(&report, fatal, config.args.max_errors)
}

async fn prepare(config: &Config) -> Result<Run, Failure> {
    let Config { args, budgets, .. } = config;
    let most = budgets.reply;
    let message = {
        let message = config.message.clone();
        tokio::task::spawn_blocking(move || message.read(most)).await??
    };
    let endpoint: &Endpoint = &args.to;
    let resolved = endpoint.resolve().await;
    let mut to = resolved
        .map_err(|error| Exit::Unavailable.saying(reach::no_such_name(endpoint, &error)))?;
    if let Some(sources) = args.source {
        to.retain(|address| address.is_ipv4() == sources.of(0).is_ipv4());
        if to.is_empty() {
            let why = format!("--source and {endpoint} are not both IPv4, or both IPv6");
            return Err(Exit::Usage.saying(why));
        }
    }
    let connections = args.connections as usize;
    let engine = Engine::pooled(compiler(), budgets.clone(), connections).context(
        "cannot set up the sandbox (fewer --connections, or a smaller --memory, may help)",
    )?;
    let plugin = Typed::new(args.plugin.clone(), BUILT_IN_CLIENTS);
    let plugin = plugin.load(&engine, Role::Client).await?;
    Ok(Run {
        to,
        sources: args.source,
        part: Part::new(plugin, message),
        pace: Pace::start(Plan {
            rate: args.rate,
            count: args.count,
        }),
        reconnect: args.reconnect,
        timeout: args.timeout,
        most,
        replies: Quota::new(config.replies),
        tried: Default::default(),
        connected: Default::default(),
        fatal: Default::default(),
    })
}

/// The threads of the load, and what tells that all of them are done.
struct Threads {
    running: Vec<JoinHandle<std::io::Result<()>>>,
    done: tokio::sync::mpsc::Receiver<()>,
}

impl Threads {
    fn start(config: &Config, run: &Arc<Run>, tallies: &[Shared]) -> std::io::Result<Self> {
        let (args, threads) = (&config.args, config.threads as usize);
        let ramp = args.ramp_up / args.connections;
        // Nothing is ever sent: it ends when the last thread has dropped its end.
        let (end, done) = tokio::sync::mpsc::channel(1);
        let mut running = Vec::new();
        for (first, tally) in tallies.iter().enumerate() {
            let places = (0..args.connections).skip(first).step_by(threads);
            let starts: Vec<Duration> = places.map(|place| ramp * place).collect();
            let (run, tally, end) = (run.clone(), tally.clone(), end.clone());
            let thread = std::thread::Builder::new().name(format!("eco-load-{first}"));
            running.push(thread.spawn(move || {
                let _end = end;
                drive(&run, &tally, &starts)
            })?);
        }
        Ok(Self { running, done })
    }

    fn join(self) -> Result<(), Failure> {
        for thread in self.running {
            let result = thread.join();
            result.map_err(|_| anyhow::anyhow!("a thread of the load panicked"))??;
        }
        Ok(())
    }
}

/// From the first connection to the last, with what makes the figures worthless, if anything.
async fn measure(
    config: &Config,
    run: &Arc<Run>,
    signals: &mut Signals,
) -> Result<(Report, Option<String>), Failure> {
    let args = &config.args;
    let tallies: Vec<Shared> = (0..config.threads).map(|_| Shared::new()).collect();
    let mut watch = Watch::new(tallies.clone(), config.goal);
    let date = SystemTime::now();
    let mut threads = Threads::start(config, run, &tallies)?;
    let bar = Bar::new(config.goal);
    let started = run.pace.started();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    looks.tick().await;
    let mut time_over = std::pin::pin!(async {
        match config.goal {
            Goal::Time(time) => tokio::time::sleep(time.saturating_sub(started.elapsed())).await,
            Goal::Dialogues(_) => std::future::pending().await,
        }
    });
    let interrupted = loop {
        tokio::select! {
            _ = looks.tick() => bar.show(&watch.look(started.elapsed()), started.elapsed()),
            () = &mut time_over => break false,
            _ = threads.done.recv() => break false,
            () = signals.next() => break true,
        }
    };
    let ended = run.pace.end();
    let in_time = watch.sum();
    bar.finish();
    // A second signal doesn't wait for what is under way.
    tokio::select! {
        _ = threads.done.recv() => {}
        () = signals.next() => return Err(Exit::Interrupted.saying("interrupted")),
    }
    threads.join()?;
    let mut tally = watch.sum();
    for (age, many) in run.pace.missed(ended) {
        tally.never_begun(age, many);
    }
    let report = Report {
        date: humantime::format_rfc3339_seconds(date).to_string(),
        to: args.to.to_string(),
        plugin: args.plugin.clone(),
        connections: args.connections,
        threads: config.threads,
        rate: args.rate,
        interrupted,
        ..Report::measured(
            tally,
            &in_time,
            ended - started,
            watch.over(started.elapsed()),
        )
    };
    Ok((report, run.fatal.get().cloned()))
}

/// One thread of the load: a connection for each of `starts`, which says when it begins.
fn drive(run: &Arc<Run>, tally: &Shared, starts: &[Duration]) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let alarm = Alarm::start()?;
        let mut calls = JoinSet::new();
        for start in starts {
            let start = *start;
            let caller = Caller {
                run: run.clone(),
                tally: tally.clone(),
                alarm: alarm.clone(),
                patience: Patience::new(Some(run.timeout)),
                waiting: None,
            };
            let run = run.clone();
            calls.spawn(async move {
                if !start.is_zero() {
                    tokio::select! {
                        () = tokio::time::sleep(start) => {}
                        () = run.pace.ended() => return,
                    }
                }
                caller.call().await;
            });
        }
        let finishing = async {
            run.pace.ended().await;
            tokio::time::sleep(FINISH).await;
        };
        let calling = async {
            while let Some(call) = calls.join_next().await {
                call.map_err(std::io::Error::other)?;
            }
            Ok(())
        };
        let finished = tokio::select! {
            result = calling => Some(result),
            () = finishing => None,
        };
        match finished {
            Some(result) => result,
            None => {
                calls.shutdown().await;
                Ok(())
            }
        }
    })
}

/// Whether the figures are those of a server that works. `max_errors` is in percent.
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
        return Err(match report.interrupted {
            true => Exit::Interrupted.saying("interrupted before there was a connection"),
            false => Exit::Unavailable.saying(format!(
                "cannot connect to {}: nobody answered in time",
                report.to
            )),
        });
    }
    if report.count(Cause::PluginFailed) > 0 {
        return Err(Exit::Plugin.saying(examples));
    }
    let all = report.dialogues.total + report.failed;
    // A hair's breadth for what binary fractions can't say exactly.
    if report.failed as f64 * 100.0 > max_errors * all as f64 * (1.0 + 1e-9) {
        let share = share_text(report.failed_share);
        return Err(Exit::Wrong.saying(format!(
            "{share} of the dialogues failed, and --max-errors is {max_errors} %\n{examples}"
        )));
    }
    Ok(())
}
